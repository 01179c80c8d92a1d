/** The places of the window. */
export const VIEWS = ['browse', 'annotate', 'train', 'compare', 'runs', 'models', 'settings'] as const;
export type View = (typeof VIEWS)[number];

/** What the address says after `#`: the view, the item of Annotate and Compare, and Compare's models, so that a reload comes back to it. */
export interface Route {
  view: View;
  item: number | null;
  models: (number | null)[];
  run: string | null;
}

const number = (text: string | null) => (text !== null && /^\d+$/.test(text) ? Number(text) : null);

/** `#/compare?item=12&models=1,4` → the route; anything unknown becomes the Browse view. */
export function parseRoute(hash: string): Route {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const search = new URLSearchParams(query);
  return {
    view: VIEWS.find((view) => view === path) ?? 'browse',
    item: number(search.get('item')),
    models: (search.get('models') ?? '')
      .split(',')
      .filter((part) => part !== '')
      .map(number),
    run: search.get('run'),
  };
}

/** The inverse of {@link parseRoute}. */
export function formatRoute(route: Route): string {
  const search = new URLSearchParams();
  if (route.item !== null) search.set('item', String(route.item));
  if (route.models.some((model) => model !== null)) {
    search.set('models', route.models.map((model) => model ?? '-').join(','));
  }
  if (route.run !== null) search.set('run', route.run);
  const query = search.toString().replaceAll('%2C', ',');
  return `#/${route.view}${query ? `?${query}` : ''}`;
}

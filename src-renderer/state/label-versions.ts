/** How often label maps have changed, as far as the window has heard: their pictures are then fetched anew. */
let all = 0;
const own = new Map<number, number>();

/** Some items' labels have changed; without them, any may have. */
export function newLabels(items?: readonly number[]): void {
  if (items) for (const item of items) own.set(item, (own.get(item) ?? 0) + 1);
  else all++;
}

/** Another text whenever an item's labels may have changed. */
export function labelVersion(item: number): string {
  return `${all}.${own.get(item) ?? 0}`;
}

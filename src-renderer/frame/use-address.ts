import { useEffect } from 'react';
import { useAnnotate } from '../annotate/store.ts';
import { useCompare } from '../compare/store.ts';
import { useApp } from '../state/app.ts';
import { formatRoute, parseRoute } from '../state/route.ts';

/** Keeps the page's address in step with what is shown, both ways: a reload or a link comes back to the same place. */
export function useAddress(): void {
  useEffect(() => {
    const write = () => {
      const { view, run } = useApp.getState();
      const { item, models } = useCompare.getState();
      const route = {
        view,
        item: view === 'compare' ? item : view === 'annotate' ? useAnnotate.getState().item : null,
        models: view === 'compare' ? models : [],
        run: view === 'runs' ? run : null,
      };
      const hash = formatRoute(route);
      if (hash !== window.location.hash) window.history.replaceState(null, '', hash);
    };
    const read = () => {
      const { view, run, item, models } = parseRoute(window.location.hash);
      useApp.setState({ view, run });
      if (item !== null && view === 'annotate') useAnnotate.setState({ item });
      else if (item !== null) useCompare.setState({ item });
      if (models.length > 0) useCompare.setState({ models: [models[0] ?? null, models[1] ?? null, models[2] ?? null] });
    };
    read();
    const ends = [useApp.subscribe(write), useCompare.subscribe(write), useAnnotate.subscribe(write)];
    window.addEventListener('hashchange', read);
    return () => {
      for (const end of ends) end();
      window.removeEventListener('hashchange', read);
    };
  }, []);
}

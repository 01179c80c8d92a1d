import { useCallback, useRef, useSyncExternalStore } from 'react';
import type { Answers, JobSummary, NewsName, Params, RequestName, RunSummary } from '../../src-main/contract/window.ts';
import { ask, onNews } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { useConnection } from './connection.ts';
import { type Known, OUTDATED, QueryCache } from './query-cache.ts';

const cache = new QueryCache((name, params) => ask(name, params as never), asRefusal);
const NOTHING: Known = { data: undefined, error: undefined, loading: false };
const nobody = () => () => {};

/** The host's answer to a request, kept up to date; null asks nothing. `keep` shows the last answer until a new one is there. */
export function useAsk<N extends RequestName>(
  name: N,
  params: Params<N> | null,
  options: { keep?: boolean } = {},
): Known<Answers[N]> & { reload(): void } {
  const key = params === null ? null : QueryCache.key(name, params);
  const subscribe = useCallback(
    (listener: () => void) => {
      if (key === null) return nobody();
      return cache.follow(name, JSON.parse(key.slice(name.length + 1)), listener);
    },
    [key, name],
  );
  const known = useSyncExternalStore(subscribe, () => (key === null ? NOTHING : cache.peek(key))) as Known<Answers[N]>;
  const reload = useCallback(
    () => cache.refresh((which, with_) => key !== null && QueryCache.key(which, with_) === key),
    [key],
  );
  const last = useRef<Answers[N] | undefined>(undefined);
  if (known.data !== undefined || !options.keep || params === null) last.current = known.data;
  return {
    data: known.data ?? (known.error ? undefined : last.current),
    error: known.error,
    loading: known.loading,
    reload,
  };
}

/** Asks again everything that is shown. */
export function refreshAll(): void {
  cache.refresh(() => true);
}

/** Keeps the answers up to date with the host's news; answers what ends it. */
export function followNews(): () => void {
  const ends = (Object.keys(OUTDATED) as NewsName[]).map((news) =>
    onNews(news, (value) => {
      const run = news === 'runs.changed' ? (value as { run: string }).run : null;
      cache.refresh((name, params) => {
        if (!OUTDATED[news]?.includes(name)) return false;
        return run === null || name === 'runs.list' || (params as { run?: string }).run === run;
      });
    }),
  );
  ends.push(
    onNews('project.changed', () => refreshAll()),
    onNews('jobs.changed', (jobs: JobSummary[]) => cache.patch('jobs.list', () => jobs)),
    onNews('run.progress', (progress: RunSummary) => {
      cache.patch('runs.list', (runs) =>
        (runs as RunSummary[]).map((run) => (run.run === progress.run ? progress : run)),
      );
      cache.patch('runs.get', (run) =>
        (run as RunSummary).run === progress.run ? { ...(run as RunSummary), ...progress } : run,
      );
    }),
    useConnection.subscribe((state, before) => {
      if (state.times > 1 && state.times !== before.times) refreshAll();
    }),
  );
  return () => {
    for (const end of ends) end();
  };
}

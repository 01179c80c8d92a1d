import { useApp } from '../state/app.ts';
import { useConnection } from '../state/connection.ts';
import { useLiveRun } from '../train/live.ts';
import { JobsTray } from './JobsTray.tsx';
import { RunLine } from './RunLine.tsx';

/** Always there: whether the host is, which engine works, what runs. */
export function StatusBar() {
  const { info, settings } = useApp();
  const up = useConnection((state) => state.up);
  const current = useLiveRun((state) => state.run);
  const engine = current?.engine ?? settings.engine;
  return (
    <footer className="statusbar" data-panel data-testid="statusbar">
      {up ? (
        <span data-testid="engine">engine {engine}</span>
      ) : (
        <span className="bad" role="alert">
          not connected – trying again
        </span>
      )}
      {current && <RunLine run={current} />}
      <span className="grow" />
      {info?.project && <JobsTray />}
    </footer>
  );
}

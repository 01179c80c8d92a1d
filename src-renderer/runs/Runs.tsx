import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import { type Entry, entriesOf, sweepId } from './entries.ts';
import { RunDetails } from './RunDetails.tsx';
import './runs.css';
import { RunTable } from './RunTable.tsx';
import { SweepDetails } from './SweepDetails.tsx';

/** All runs and sweeps of the project: a table, and one of them in full beneath it. */
export function Runs() {
  const runs = useAsk('runs.list', {}, { keep: true });
  const sweeps = useAsk('sweeps.list', {}, { keep: true });
  const { run: chosen, sweep: chosenSweep, showRun, showSweep, show } = useApp();
  if (runs.error) return <RefusalBox refusal={runs.error} retry={runs.reload} />;
  if (!runs.data) return <Waiting text="Loading the runs" />;
  const known = sweeps.data ?? [];
  if (runs.data.length === 0 && known.length === 0) {
    return (
      <Empty
        title="No run yet"
        text="A run trains a student by a recipe. It is kept here with its recipe, curves and checkpoints."
        actions={[{ label: 'Train', run: () => show('train') }]}
      />
    );
  }
  const opened = runs.data.find(({ run }) => run === chosen);
  const openedSweep = opened ? undefined : known.find(({ sweep }) => sweep === chosenSweep);
  const open = ({ sweep, id }: Entry) => {
    if (sweep) showSweep(sweep.sweep === openedSweep?.sweep ? null : sweep.sweep);
    else showRun(id === chosen ? null : id);
  };
  return (
    <div className={opened || openedSweep ? 'runs runs-split' : 'runs'}>
      <div className="scroll" data-panel>
        <RunTable
          entries={entriesOf(runs.data, known)}
          opened={opened ? opened.run : openedSweep ? sweepId(openedSweep.sweep) : null}
          onOpen={open}
        />
      </div>
      {opened && (
        <div className="scroll runs-detail" data-panel>
          <RunDetails key={opened.run} run={opened} close={() => showRun(null)} />
        </div>
      )}
      {openedSweep && (
        <div className="scroll runs-detail" data-panel>
          <SweepDetails key={openedSweep.sweep} sweep={openedSweep} close={() => showSweep(null)} />
        </div>
      )}
    </div>
  );
}

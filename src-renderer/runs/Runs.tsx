import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import { RunDetails } from './RunDetails.tsx';
import './runs.css';
import { RunTable } from './RunTable.tsx';

/** All runs of the project: a table, and one of them in full beneath it. */
export function Runs() {
  const runs = useAsk('runs.list', {}, { keep: true });
  const { run: chosen, showRun, show } = useApp();
  if (runs.error) return <RefusalBox refusal={runs.error} retry={runs.reload} />;
  if (!runs.data) return <Waiting text="Loading the runs" />;
  if (runs.data.length === 0) {
    return (
      <Empty
        title="No run yet"
        text="A run trains a student by a recipe. It is kept here with its recipe, curves and checkpoints."
        actions={[{ label: 'Train', run: () => show('train') }]}
      />
    );
  }
  const opened = runs.data.find(({ run }) => run === chosen);
  return (
    <div className={opened ? 'runs runs-split' : 'runs'}>
      <div className="scroll" data-panel>
        <RunTable runs={runs.data} opened={chosen} onOpen={(run) => showRun(run === chosen ? null : run)} />
      </div>
      {opened && (
        <div className="scroll runs-detail" data-panel>
          <RunDetails key={opened.run} run={opened} close={() => showRun(null)} />
        </div>
      )}
    </div>
  );
}

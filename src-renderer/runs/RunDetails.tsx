import { ActionIcon, Button, Tabs } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { RunDetail, RunSummary } from '../../src-main/contract/window.ts';
import { Waiting } from '../shared/Empty.tsx';
import { Facts } from '../shared/Facts.tsx';
import { time } from '../shared/format.ts';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { type RunTab, useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import { useDraft } from '../train/draft.ts';
import { RunPanel } from '../train/RunPanel.tsx';
import { teachingOf } from '../train/teacher-words.ts';
import { Gain } from './Gain.tsx';

/** One run in full: curves, what labels brought, recipe, events, and where it was made. */
export function RunDetails({ run, close }: { run: RunSummary; close: () => void }) {
  const detail = useAsk('runs.get', { run: run.run }, { keep: true });
  const { show, runTab, setRunTab } = useApp();
  const again = ({ recipe, teacher, otherTeachers, target }: RunDetail) => {
    const draft = useDraft.getState();
    draft.begin(recipe);
    draft.setTarget(target);
    if (teacher !== null) {
      draft.setTeacher(teacher);
      draft.setOthers(otherTeachers.map(({ id }) => id));
    }
    show('train');
  };
  return (
    <div data-testid="run-detail" className="run-detail">
      <ActionIcon className="run-close" aria-label="Close" onClick={close} data-testid="run-close">
        <IconX size={16} />
      </ActionIcon>
      <Tabs value={runTab} onChange={(tab) => setRunTab(tab as RunTab)}>
        <Tabs.List>
          <Tabs.Tab value="curves">Curves</Tabs.Tab>
          <Tabs.Tab value="gain" data-testid="run-tab-gain">
            Gain by labels
          </Tabs.Tab>
          <Tabs.Tab value="recipe" data-testid="run-tab-recipe">
            Recipe
          </Tabs.Tab>
          <Tabs.Tab value="events" data-testid="run-tab-events">
            Events
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="curves" pt={12}>
          <RunPanel run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="gain" pt={12}>
          {runTab === 'gain' && <Gain run={run} />}
        </Tabs.Panel>
        {detail.error && <RefusalBox refusal={detail.error} retry={detail.reload} />}
        {!detail.data && detail.loading && <Waiting text="Loading the run" />}
        {detail.data && (
          <>
            <Tabs.Panel value="recipe" pt={12}>
              <Button variant="default" onClick={() => detail.data && again(detail.data)} data-testid="use-recipe">
                Use this recipe
              </Button>
              <pre className="run-recipe">{JSON.stringify(detail.data.recipe, null, 2)}</pre>
            </Tabs.Panel>
            <Tabs.Panel value="events" pt={12}>
              <RunFacts detail={detail.data} />
              <ul className="run-events">
                {detail.data.events.map((event, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: events are only ever added at the end
                  <li key={index} className={event.level === 'info' ? undefined : 'bad'}>
                    <span className="quiet">{time(event.at)}</span> {event.text}
                  </li>
                ))}
              </ul>
            </Tabs.Panel>
          </>
        )}
      </Tabs>
    </div>
  );
}

function RunFacts({ detail }: { detail: RunDetail }) {
  const teaching = teachingOf(detail);
  const several = detail.otherTeachers.length > 0;
  const facts: [string, string][] = [
    ['Folder', detail.folder],
    ...(detail.targetName === null ? [] : [['Adapted to', detail.targetName] as [string, string]]),
    ...(teaching ? [[several ? 'Teachers' : 'Teacher', teaching] as [string, string]] : []),
    ['Started', time(detail.startedAt)],
    ['Finished', time(detail.finishedAt)],
    ['Engine', detail.engine ?? '–'],
    ['Machine', detail.machine],
    ['Code version', detail.codeVersion],
    ['Data hash', detail.dataHash],
  ];
  return <Facts facts={facts} />;
}

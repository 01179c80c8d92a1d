import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { handle, run as runCommand } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { ask } from '../host.ts';
import { Empty, Waiting } from '../shared/Empty.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { attempt, openDataset } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useDataset } from '../state/dataset.ts';
import { useAsk } from '../state/queries.ts';
import { draftOn, targetOf, useDraft } from './draft.ts';
import { JsonEditor } from './JsonEditor.tsx';
import { isLive, useLiveRun } from './live.ts';
import { RecipeForm } from './RecipeForm.tsx';
import { RunPanel } from './RunPanel.tsx';
import { openRecipe, saveRecipe } from './recipe-files.ts';
import './train.css';
import { useChecked } from './use-checked.ts';

const PRESET_GROUPS = [
  { group: 'examples', title: 'Whole examples' },
  { group: 'methods', title: 'A method with its paper’s weights' },
] as const;

/** A recipe as a form or as JSON, and the run it makes. */
export function Train() {
  const { dataset, datasets, loading, error } = useDataset();
  const { recipe, teacher, others, start, target: wanted, problems, tab, setTab } = useDraft();
  const target = targetOf(wanted, dataset?.id ?? null);
  const unknown = wanted !== null && datasets.length > 0 && !datasets.some(({ id }) => id === wanted);
  useEffect(() => {
    if (unknown) useDraft.getState().setTarget(null);
  }, [unknown]);
  const presets = useAsk('recipes.list', {});
  const models = useAsk('models.list', {}, { keep: true });
  const runs = useAsk('runs.list', {}, { keep: true });
  const last = useLiveRun((state) => state.last);
  const [starting, setStarting] = useState(false);
  const [sought, setSought] = useState('');

  const first = presets.data?.[0]?.recipe;
  useEffect(() => {
    if (first && !useDraft.getState().recipe) useDraft.getState().begin(first);
  }, [first]);
  // The largest imported model with classes of pixels is the teacher until the user says otherwise.
  useEffect(() => {
    const state = useDraft.getState();
    const imported = (models.data ?? []).filter(({ run, card }) => run === null && card.classes.length > 0);
    const gone = state.teacher !== null && models.data && !models.data.some(({ id }) => id === state.teacher);
    if (gone) useDraft.setState({ teacher: null, others: [], teacherChosen: false });
    const left = state.others.filter((other) => models.data?.some(({ id }) => id === other));
    if (models.data && left.length < state.others.length) state.setOthers(left);
    if (state.start !== null && models.data && !models.data.some(({ id }) => id === state.start)) state.setStart(null);
    if ((state.teacherChosen && !gone) || imported.length === 0) return;
    const largest = imported.reduce((best, model) => (model.parameters > best.parameters ? model : best));
    useDraft.setState({ teacher: largest.id });
  }, [models.data]);
  const evaluations = useAsk('evaluations.list', dataset && { dataset: dataset.id }, { keep: true }).data;
  const checking = useChecked(recipe, dataset?.id ?? null, { teacher, others, start, target }, evaluations);

  const live = runs.data?.find(isLive);
  const shownRun = live ?? runs.data?.find(({ run }) => run === last) ?? null;
  const canSweep = Boolean(dataset && recipe && problems.length === 0 && !checking);
  const canStart = canSweep && !live && !starting;

  useEffect(() => {
    const begin = () =>
      attempt(async () => {
        setStarting(true);
        try {
          const made = await ask('runs.start', draftOn(dataset!.id));
          // It may end before it is first seen at work.
          useLiveRun.setState({ last: made.run });
        } finally {
          setStarting(false);
        }
      });
    return handle({
      'train.start': { run: begin, enabled: () => canStart },
      'train.sweep': { run: () => useApp.getState().setDialog('sweep'), enabled: () => canSweep },
      'recipe.save': saveRecipe,
    });
  }, [dataset, canStart, canSweep]);

  if (error) return <RefusalBox refusal={error} />;
  if (!dataset) {
    if (loading) return <Waiting text="Loading the data sets" />;
    return (
      <Empty
        title="Training needs a data set"
        actions={[{ label: 'Open data set folder…', run: openDataset, testid: 'empty-open-dataset' }]}
      />
    );
  }
  if (presets.error && !recipe) return <RefusalBox refusal={presets.error} retry={presets.reload} />;
  if (!recipe) return <Waiting text="Loading the recipes" />;
  return (
    <>
      <div className="toolbar" role="toolbar" aria-label="Recipe" data-panel>
        <Select
          aria-label="Recipe to begin with"
          placeholder="Begin with a recipe"
          w={240}
          searchable
          nothingFoundMessage="No recipe is called so"
          maxDropdownHeight={420}
          data={PRESET_GROUPS.map(({ group, title }) => ({
            group: title,
            items: (presets.data ?? []).filter((one) => one.group === group).map(({ name }) => name),
          }))}
          value={null}
          searchValue={sought}
          onSearchChange={setSought}
          onDropdownClose={() => setSought('')}
          comboboxProps={{ width: 320, position: 'bottom-start' }}
          onChange={(name) => {
            const preset = presets.data?.find((candidate) => candidate.name === name);
            if (preset) useDraft.getState().begin(preset.recipe);
          }}
          data-testid="preset"
        />
        <Button variant="default" onClick={openRecipe}>
          Open…
        </Button>
        <Tip command="recipe.save">
          <Button variant="default" onClick={saveRecipe} data-testid="save-recipe">
            Save as…
          </Button>
        </Tip>
        <SegmentedControl
          aria-label="Form or JSON"
          data={[
            { value: 'form', label: 'Form' },
            { value: 'json', label: 'JSON' },
          ]}
          value={tab}
          onChange={(value) => setTab(value as typeof tab)}
          data-testid="recipe-tab"
        />
        <span className="grow" />
        {problems.length > 0 && (
          <span className="bad" role="status" data-testid="recipe-problems">
            {problems.length === 1 ? problems[0].message : `${problems.length} fields need another value`}
          </span>
        )}
        <Button
          variant="default"
          disabled={!canSweep}
          onClick={() => runCommand('train.sweep')}
          data-testid="sweep-open"
        >
          Sweep…
        </Button>
        <Tip command="train.start">
          <Button
            leftSection={<IconPlayerPlay size={14} />}
            disabled={!canStart}
            loading={starting}
            onClick={() => runCommand('train.start')}
            data-testid="start-run"
          >
            {live ? 'Running' : 'Start training'}
          </Button>
        </Tip>
      </div>
      <div className="train">
        <div className="train-recipe scroll" data-panel>
          {tab === 'form' ? (
            <RecipeForm dataset={dataset} target={target} models={models.data ?? []} />
          ) : (
            <JsonEditor />
          )}
        </div>
        <div className="train-run scroll" data-panel>
          {shownRun ? (
            <RunPanel run={shownRun} />
          ) : (
            <Empty
              title="No run is at work"
              text="Start training: loss, learning rate and mIoU are then drawn here while it goes on. Earlier runs are under Runs."
            />
          )}
        </div>
      </div>
    </>
  );
}

import { ActionIcon, Button, NumberInput, Select } from '@mantine/core';
import { IconMaximize } from '@tabler/icons-react';
import type { ModelSummary } from '../../../src-main/contract/model.ts';
import type { NetworkDrawing, NetworkSubject } from '../../../src-main/contract/network-drawing.ts';
import { run } from '../../commands/handlers.ts';
import { Tip } from '../../commands/Tip.tsx';
import { useAsk } from '../../state/queries.ts';
import { type Side, useGraph } from './store.ts';

/** Drawings with more nodes take long to lay out with everything open. */
const MOST_OPEN = 450;
/** So many names are listed at once. */
const LISTED = 50;

/** One thin bar: which networks, at which size of input, a search by name, and how large they are drawn. */
export function GraphBar(props: {
  modes: React.ReactNode;
  models: ModelSummary[];
  drawings: Record<Side, NetworkDrawing | undefined>;
  scale: number;
  search: React.RefObject<HTMLInputElement | null>;
}) {
  const { modes, models, drawings, scale, search } = props;
  const { size, setSize, setOpen, choose } = useGraph();
  const find = (value: string | null) => {
    if (!value) return;
    const side: Side = value.startsWith('left ') ? 'left' : 'right';
    const id = value.slice(value.indexOf(' ') + 1);
    const drawing = drawings[side];
    const blocks = drawing?.names.find(({ name }) => name === id)?.blocks ?? [];
    setOpen(side, [...new Set([...(drawing?.open ?? []), ...blocks])], { side, id });
    choose({ side, id });
  };
  const names = (['left', 'right'] as const).flatMap((side) => {
    const drawing = drawings[side];
    if (!drawing) return [];
    const items = drawing.names.map(({ name }) => ({ value: `${side} ${name}`, label: name }));
    return [{ group: `${side === 'left' ? 'A' : 'B'}  ${drawing.title}`, items }];
  });
  const shown = Object.values(drawings).filter((one) => one !== undefined);
  const large = shown.some((one) => one.names.length > MOST_OPEN);
  const openAll = (all: boolean) => {
    for (const side of ['left', 'right'] as const) {
      const blocks = drawings[side]?.names.flatMap((one) => one.blocks) ?? [];
      if (drawings[side]) setOpen(side, all ? [...new Set(blocks)] : [], null);
    }
  };
  return (
    <div className="toolbar graph-bar" role="toolbar" aria-label="Networks" data-panel>
      {modes}
      <SubjectSelect side="left" title="Network" models={models} />
      <SubjectSelect side="right" title="Compare with" models={models} />
      <div className="row" style={{ gap: 4 }}>
        <NumberInput
          aria-label="Width of the input"
          min={1}
          max={16384}
          hideControls
          w={56}
          value={size[1]}
          onBlur={(event) => setSize([size[0], sideOf(event.target.value, size[1])])}
          data-testid="graph-width"
        />
        <span className="quiet">×</span>
        <NumberInput
          aria-label="Height of the input"
          min={1}
          max={16384}
          hideControls
          w={56}
          value={size[0]}
          onBlur={(event) => setSize([sideOf(event.target.value, size[0]), size[1]])}
          data-testid="graph-height"
        />
      </div>
      <Select
        ref={search}
        aria-label="Find a node"
        placeholder="Find a node  /"
        searchable
        data={names}
        limit={LISTED}
        value={null}
        onChange={find}
        w={190}
        comboboxProps={{ width: 340, position: 'bottom-start', shadow: 'md' }}
        nothingFoundMessage="No node has this in its name"
        data-testid="graph-search"
      />
      <span className="grow" />
      <Button variant="subtle" color="gray" onClick={() => openAll(false)} data-testid="graph-close-all">
        Close all
      </Button>
      <Button
        variant="subtle"
        color="gray"
        disabled={large}
        title={large ? 'Too many nodes: open the blocks that you want to see' : undefined}
        onClick={() => openAll(true)}
        data-testid="graph-open-all"
      >
        Open all
      </Button>
      <Tip command="zoom.fit">
        <ActionIcon aria-label="Fit" onClick={() => run('zoom.fit')} data-testid="graph-fit">
          <IconMaximize size={16} />
        </ActionIcon>
      </Tip>
      <Tip command="zoom.actual">
        <Button variant="subtle" color="gray" w={56} px={0} onClick={() => run('zoom.actual')}>
          {Math.round(scale * 100)} %
        </Button>
      </Tip>
    </div>
  );
}

function sideOf(text: string, before: number): number {
  const value = Math.round(Number(text));
  return Number.isFinite(value) && value >= 1 && value <= 16384 ? value : before;
}

function SubjectSelect({ side, title, models }: { side: Side; title: string; models: ModelSummary[] }) {
  const { subjects, setSubject } = useGraph();
  const networks = useAsk('networks.list', {}).data ?? [];
  const subject = subjects[side];
  const outputs = models[0]?.card.outputs ?? 19;
  const set = (value: string | null) => {
    const [kind, id] = value?.split(/:(.*)/) ?? [];
    const next: NetworkSubject | null =
      kind === undefined ? null : kind === 'model' ? { model: Number(id) } : { network: id, options: {}, outputs };
    setSubject(side, next);
  };
  const value = subject && ('model' in subject ? `model:${subject.model}` : `network:${subject.network}`);
  return (
    <Select
      aria-label={title}
      placeholder={title}
      leftSection={<span className="quiet">{side === 'left' ? 'A' : 'B'}</span>}
      leftSectionWidth={24}
      searchable
      clearable={side === 'right'}
      allowDeselect={false}
      w={210}
      comboboxProps={{ width: 380, position: 'bottom-start', shadow: 'md' }}
      data={[
        { group: 'Models', items: models.map(({ id, card }) => ({ value: `model:${id}`, label: card.name })) },
        { group: 'Networks', items: networks.map(({ id }) => ({ value: `network:${id}`, label: id })) },
      ]}
      limit={200}
      value={value}
      onChange={set}
      data-testid={`graph-subject-${side}`}
    />
  );
}

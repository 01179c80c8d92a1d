import { Button, Checkbox, NumberInput, type NumberInputProps, SegmentedControl, Select, Slider } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { commandOf } from '../commands/list.ts';
import { tipOf } from '../commands/Tip.tsx';
import { ask } from '../host.ts';
import { whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';
import { MAX_SIZE, useAnnotate } from './store.ts';
import { toolInfo } from './tools/registry.ts';
import type { OptionId, SourceId, ToolAction } from './tools/tool.ts';
import { act } from './use-painter.ts';

/** What can be set of the chosen tool. */
export function ToolOptions({ models }: { models: Models }) {
  const tool = useAnnotate((state) => state.tool);
  const { command, options } = toolInfo(tool);
  return (
    <>
      <span className="panel-title" data-testid="tool-name">
        {commandOf(command)?.title}
      </span>
      {options.map((option) => {
        const Control = CONTROLS[option];
        return <Control key={option} models={models} />;
      })}
    </>
  );
}

type Models = Record<Exclude<SourceId, 'previous'>, ModelSummary | null>;

const CONTROLS: Record<OptionId, React.ComponentType<{ models: Models }>> = {
  size: Size,
  shape: Shape,
  tolerance: Tolerance,
  everywhere: Everywhere,
  selection: Selection,
  source: TakeFrom,
  tidy: Tidy,
  superpixels: Superpixels,
  segment: Segment,
  box: Box,
  note: Note,
};

/** The slider's way is the size's root: small brushes need finer steps. */
const toSlider = (size: number) => Math.sqrt((size - 1) / (MAX_SIZE - 1)) * 100;
const fromSlider = (place: number) => Math.round(1 + (place / 100) ** 2 * (MAX_SIZE - 1));

type NumberOption = 'size' | 'tolerance' | 'superpixel' | 'radius' | 'area';

/** The field of an option that is a number; while nothing stands in it, the last number holds. */
function Figure({ option, ...field }: { option: NumberOption } & NumberInputProps) {
  const value = useAnnotate((state) => state.options[option]);
  const setOptions = useAnnotate((state) => state.setOptions);
  return (
    <NumberInput
      {...field}
      value={value}
      onChange={(next) => typeof next === 'number' && setOptions({ [option]: next })}
    />
  );
}

function Size() {
  const size = useAnnotate((state) => state.options.size);
  const setOptions = useAnnotate((state) => state.setOptions);
  return (
    <div className="row" title={`${tipOf('brush.smaller')}, ${tipOf('brush.larger')}, or Alt and the wheel`}>
      <Slider
        w={110}
        thumbLabel="Brush size"
        min={0}
        max={100}
        label={null}
        value={toSlider(size)}
        onChange={(place) => setOptions({ size: fromSlider(place) })}
      />
      <Figure
        option="size"
        aria-label="Brush size in pixels"
        w={72}
        min={1}
        max={MAX_SIZE}
        suffix=" px"
        data-testid="brush-size"
      />
    </div>
  );
}

function Shape() {
  const round = useAnnotate((state) => state.options.round);
  const setOptions = useAnnotate((state) => state.setOptions);
  return (
    <SegmentedControl
      aria-label="Brush shape"
      data={[
        { value: 'round', label: 'Round' },
        { value: 'square', label: 'Square' },
      ]}
      value={round ? 'round' : 'square'}
      onChange={(value) => setOptions({ round: value === 'round' })}
      data-testid="brush-shape"
    />
  );
}

function Tolerance() {
  const tolerance = useAnnotate((state) => state.options.tolerance);
  const setOptions = useAnnotate((state) => state.setOptions);
  return (
    <div className="row">
      <span className="quiet">Tolerance</span>
      <Slider
        w={110}
        thumbLabel="Tolerance"
        min={0}
        max={128}
        label={null}
        value={tolerance}
        onChange={(value) => setOptions({ tolerance: value })}
      />
      <Figure option="tolerance" aria-label="Tolerance, 0 to 255" w={60} min={0} max={255} data-testid="tolerance" />
    </div>
  );
}

function Everywhere() {
  const everywhere = useAnnotate((state) => state.options.everywhere);
  const setOptions = useAnnotate((state) => state.setOptions);
  return (
    <Checkbox
      label="Everywhere in the image"
      checked={everywhere}
      onChange={(event) => setOptions({ everywhere: event.currentTarget.checked })}
      data-testid="everywhere"
    />
  );
}

/** A button that has the tool do something. */
function Action({ action, title, hint }: { action: ToolAction; title: string; hint: string }) {
  return (
    <Button variant="default" title={hint} onClick={() => act(action)} data-testid={`act-${action}`}>
      {title}
    </Button>
  );
}

function Selection() {
  const selected = useAnnotate((state) => state.selected);
  return (
    <div className="row" data-testid="selection">
      <span className="quiet">{selected === 0 ? 'Click on an instance' : `Instance ${selected}`}</span>
      {selected !== 0 && (
        <>
          <Action action="split" title="Split" hint="Cut it in two by a line" />
          <Action action="merge" title="Merge" hint="Make one of all that are chosen; Shift and click chooses more" />
          <Action action="trace" title="Trace" hint="Give it the outline of its pixels, as after painting into it" />
          <Action action="simplify" title="Simplify" hint="Leave out corners that lie within a pixel of the outline" />
          <Action action="remove" title="Delete" hint={tipOf('shape.delete')} />
        </>
      )}
    </div>
  );
}

function TakeFrom({ models }: { models: Models }) {
  const { source, confidence } = useAnnotate((state) => state.options);
  const setOptions = useAnnotate((state) => state.setOptions);
  const titles: [SourceId, string][] = [
    ['teacher', `Teacher${models.teacher ? `: ${models.teacher.card.name}` : ''}`],
    ['student', `Student${models.student ? `: ${models.student.card.name}` : ''}`],
    ['third', `Third${models.third ? `: ${models.third.card.name}` : ''}`],
    ['previous', 'Previous image'],
  ];
  return (
    <div className="row">
      <Select
        aria-label="Take labels from"
        w={200}
        allowDeselect={false}
        data={titles.map(([value, label]) => ({
          value,
          label,
          disabled: value !== 'previous' && models[value] === null,
        }))}
        value={source}
        onChange={(value) => setOptions({ source: value as SourceId })}
        data-testid="take-source"
      />
      {source !== 'previous' && (
        <NumberInput
          aria-label="Only where the model is at least so sure, in percent"
          title="Only where the model is at least so sure"
          w={92}
          min={0}
          max={100}
          prefix="≥ "
          suffix=" %"
          value={Math.round(confidence * 100)}
          onChange={(value) => typeof value === 'number' && setOptions({ confidence: value / 100 })}
          data-testid="take-confidence"
        />
      )}
      <Action action="takeAll" title="Whole image" hint="Without it: drag a line around what to take" />
    </div>
  );
}

function Tidy() {
  return (
    <div className="row">
      <Figure
        option="radius"
        aria-label="How far these reach, in pixels"
        title="How far widening, shrinking, closing and cutting reach"
        w={72}
        min={1}
        max={50}
        suffix=" px"
        data-testid="tidy-radius"
      />
      <Action action="dilate" title="Widen" hint="Dilate: the class grows by so much to all sides" />
      <Action action="erode" title="Shrink" hint="Erode: the classes around it grow by so much over it" />
      <Action action="close" title="Close gaps" hint="Dilate, then erode" />
      <Action action="open" title="Cut thin parts" hint="Erode, then dilate" />
      <Figure
        option="area"
        aria-label="Largest hole or speck, in pixels of area"
        title="Largest hole or speck"
        w={84}
        min={1}
        max={1_000_000}
        suffix=" px²"
        data-testid="tidy-area"
      />
      <Action action="holes" title="Fill holes" hint="What the class surrounds becomes of it" />
      <Action action="specks" title="Remove specks" hint="Small regions of the class go to what is around them" />
      <Action
        action="largest"
        title="Keep largest"
        hint="All regions of the class but the largest go to what is around them"
      />
    </div>
  );
}

function Superpixels() {
  return (
    <Figure
      option="superpixel"
      aria-label="Size of superpixels in pixels"
      title="Size of superpixels"
      w={80}
      min={4}
      max={256}
      suffix=" px"
      data-testid="superpixel-size"
    />
  );
}

/** What clicks do, or what has to be fetched first, under which licence. */
function Segment() {
  const status = useAsk('assist.status', {}, { keep: true });
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const [job, setJob] = useState<number | null>(null);
  const fetching = jobs.find(({ id }) => id === job);
  const running = fetching?.status === 'running';
  const { reload } = status;
  useEffect(() => {
    if (!running) reload();
  }, [running, reload]);
  if (!status.data) return null;
  if (status.data.ready) {
    return (
      <span className="quiet" data-testid="segment-ready">
        Click on a thing or drag a box · Alt takes away · Enter draws it · Esc gives up
      </span>
    );
  }
  const { name, licence, megabytes } = status.data;
  return (
    <div className="row" data-testid="segment-fetch">
      <span className="quiet ellipsis">
        {running ? `Fetching ${name}` : `Needs ${name}: ${whole(megabytes)} MB, licence ${licence}`}
      </span>
      {!running && (
        <Button
          variant="default"
          title={`Fetches ${name} from ${status.data.package}; it stays in Stillroom's cache`}
          onClick={() => void attempt(async () => setJob((await ask('assist.fetch', {})).job))}
        >
          Agree and fetch
        </Button>
      )}
    </div>
  );
}

function Box() {
  return (
    <span className="quiet" data-testid="box-note">
      Drag a box · Shift marks what belongs to it, Alt what does not · Enter draws it · Esc gives up
    </span>
  );
}

function Note() {
  return <span className="quiet">Click corners · Enter ends · Backspace drops the last · Esc gives up</span>;
}

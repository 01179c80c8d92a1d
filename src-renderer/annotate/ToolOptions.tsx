import { Checkbox, NumberInput, SegmentedControl, Slider } from '@mantine/core';
import { commandOf } from '../commands/list.ts';
import { tipOf } from '../commands/Tip.tsx';
import { MAX_SIZE, useAnnotate } from './store.ts';
import { toolInfo } from './tools/registry.ts';
import type { OptionId } from './tools/tool.ts';

/** What can be set of the chosen tool. */
export function ToolOptions() {
  const tool = useAnnotate((state) => state.tool);
  const { command, options } = toolInfo(tool);
  return (
    <>
      <span className="panel-title" data-testid="tool-name">
        {commandOf(command)?.title}
      </span>
      {options.map((option) => {
        const Control = CONTROLS[option];
        return <Control key={option} />;
      })}
    </>
  );
}

const CONTROLS: Record<OptionId, React.ComponentType> = {
  size: Size,
  shape: Shape,
  tolerance: Tolerance,
  everywhere: Everywhere,
};

/** The slider's way is the size's root: small brushes need finer steps. */
const toSlider = (size: number) => Math.sqrt((size - 1) / (MAX_SIZE - 1)) * 100;
const fromSlider = (place: number) => Math.round(1 + (place / 100) ** 2 * (MAX_SIZE - 1));

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
      <NumberInput
        aria-label="Brush size in pixels"
        w={72}
        min={1}
        max={MAX_SIZE}
        suffix=" px"
        value={size}
        onChange={(value) => typeof value === 'number' && setOptions({ size: value })}
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
      <NumberInput
        aria-label="Tolerance, 0 to 255"
        w={60}
        min={0}
        max={255}
        value={tolerance}
        onChange={(value) => typeof value === 'number' && setOptions({ tolerance: value })}
        data-testid="tolerance"
      />
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

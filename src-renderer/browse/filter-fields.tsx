import { Button, NumberInput } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import type { Range } from '../../src-main/contract/item-query.ts';
import type { Names } from '../shared/item-words.ts';

/** What each form of a filter is given. */
export interface FormProps {
  dataset: DatasetSummary;
  names: Names;
  close: () => void;
}

/** From and to; `factor` is what one of the field's units is of the value's. */
export function RangeFields(props: {
  range: Range;
  change: (range: Range) => void;
  unit: string;
  factor: number;
  most?: number;
  testid: string;
}) {
  const { range, change, unit, factor, most, testid } = props;
  const shown = (value: number | null) => (value === null ? '' : Number((value / factor).toFixed(4)));
  return (
    <div className="row">
      {(['min', 'max'] as const).map((side) => (
        <NumberInput
          key={side}
          label={`${side === 'min' ? 'From' : 'To'}, ${unit}`}
          min={0}
          max={most}
          decimalScale={2}
          hideControls
          value={shown(range[side])}
          onChange={(value) => change({ ...range, [side]: value === '' ? null : Number(value) * factor })}
          data-autofocus={side === 'min' || undefined}
          data-testid={`${testid}-${side}`}
        />
      ))}
    </div>
  );
}

export function Apply({ disabled }: { disabled?: boolean }) {
  return (
    <Button type="submit" disabled={disabled} data-testid="filter-apply">
      Filter
    </Button>
  );
}

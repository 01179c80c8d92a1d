import { TextInput } from '@mantine/core';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { useImport } from './store.ts';

/** The classes' names and colours as fields. */
export function ClassFields({ classes }: { classes: ClassInfo[] }) {
  const setClasses = useImport((state) => state.setClasses);
  const change = (label: number, part: Partial<ClassInfo>) =>
    setClasses(classes.map((one, i) => (i === label ? { ...one, ...part } : one)));
  return classes
    .map((info, label) => ({ ...info, label }))
    .map(({ name, color, label }) => (
      <div key={label} className="import-class">
        <span className="import-number quiet">{label}</span>
        <input
          type="color"
          className="import-color"
          aria-label={`Colour of class ${label}`}
          value={hexOf(color)}
          onChange={(event) => change(label, { color: colorOf(event.currentTarget.value) })}
          data-testid={`import-color-${label}`}
        />
        <TextInput
          className="grow"
          aria-label={`Name of class ${label}`}
          value={name}
          onChange={(event) => change(label, { name: event.currentTarget.value })}
          data-testid={`import-rename-${label}`}
        />
      </div>
    ));
}

/** A colour as the browser's field has it: `#rrggbb`. */
function hexOf(color: ClassInfo['color']): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function colorOf(hex: string): ClassInfo['color'] {
  const part = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

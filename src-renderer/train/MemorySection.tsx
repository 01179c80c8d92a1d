import { NumberField } from './fields.tsx';
import { Section } from './Section.tsx';

/** Ways to need less memory. */
export function MemorySection() {
  return (
    <Section title="Memory">
      <div className="wide">
        <NumberField
          path="memory.accumulate"
          label="Compute each batch in … parts"
          initial={1}
          description="Gradient accumulation: one part is in memory at a time, and the weights move once per batch, by the same gradient as in one go, except that batch norm sees the images of one part only: its mean and variance are those of a part. The smaller the parts, the slower."
        />
      </div>
    </Section>
  );
}

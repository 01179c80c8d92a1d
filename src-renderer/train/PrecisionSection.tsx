import { useDraft, useDraftValue } from './draft.ts';
import { ChoiceField } from './fields.tsx';
import { Section } from './Section.tsx';

const TITLES = {
  float32: 'float32',
  bfloat16: 'bfloat16: the range of float32, 8 binary digits',
  float16: 'float16: 11 binary digits, gradients scaled into its range',
};

/** What products are computed in, where there is a choice or the recipe has made one. */
export function PrecisionSection() {
  const precisions = useDraft((state) => state.precisions);
  const chosen = useDraftValue('precision') ?? 'float32';
  if (precisions.length === 1 && chosen === 'float32') return null;
  return (
    <Section title="Precision">
      <div className="wide">
        <ChoiceField
          path="precision"
          label="Compute convolutions and matrix products in"
          choices={precisions}
          titles={TITLES}
          initial="float32"
          description="In 16 bits they can be faster, on graphics cards with tensor cores and on some processors, but are rounded more: what is learnt is not quite what float32 learns. Everything else, and the model that is kept, stays in float32."
        />
      </div>
    </Section>
  );
}

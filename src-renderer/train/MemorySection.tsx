import { type MemoryNeed, memoryText } from '../../src-main/contract/memory.ts';
import { useDraft } from './draft.ts';
import { NumberField, SwitchField } from './fields.tsx';
import { Section } from './Section.tsx';

/** How much memory the recipe needs, and ways to need less. */
export function MemorySection() {
  const memory = useDraft((state) => state.memory);
  return (
    <Section title="Memory">
      {memory && <Need memory={memory} />}
      <div className="wide">
        <NumberField
          path="memory.accumulate"
          label="Compute each batch in … parts"
          initial={1}
          description="Gradient accumulation: one part is in memory at a time, and the weights move once per batch, by the same gradient as in one go, except that batch norm sees the images of one part only: its mean and variance are those of a part. The smaller the parts, the slower."
        />
        <SwitchField
          path="memory.checkpointing"
          label="Keep few activations and compute the others again"
          initial={false}
          description="Activation checkpointing: the result is the same to the bit; a step takes longer, as much is computed twice."
        />
      </div>
    </Section>
  );
}

function Need({ memory: { bytes, available, options } }: { memory: MemoryNeed }) {
  const much = bytes > available;
  return (
    <p className={much ? 'wide bad' : 'wide quiet'} role="status" data-testid="memory-need">
      Needs about {memoryText(bytes)} of {memoryText(available)}
      {much ? ': this machine has too little memory for it. ' : '.'}
      {much && (options.length > 0 ? options.map(wayText).join(' ') : 'Take a smaller crop or another network.')}
    </p>
  );
}

function wayText({ memory, bytes }: MemoryNeed['options'][number]): string {
  const parts = memory.accumulate > 1 ? [`each batch in ${memory.accumulate} parts`] : [];
  const ways = [...parts, ...(memory.checkpointing ? ['few activations kept'] : [])].join(' and ');
  return `With ${ways} it needs ${memoryText(bytes)}.`;
}

import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { useDraft } from './draft.ts';

/** The same recipe as text. Text that is not JSON changes nothing until it is. */
export function JsonEditor() {
  const { recipe, problems, replace } = useDraft();
  const [text, setText] = useState(() => JSON.stringify(recipe, null, 2));
  const [bad, setBad] = useState<string | null>(null);
  return (
    <>
      <Textarea
        aria-label="Recipe as JSON"
        autosize
        minRows={24}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12, lineHeight: '18px' } }}
        value={text}
        error={bad}
        onChange={(event) => {
          const next = event.currentTarget.value;
          setText(next);
          try {
            replace(JSON.parse(next));
            setBad(null);
          } catch (error) {
            setBad(`This is not JSON: ${(error as Error).message}`);
          }
        }}
        data-testid="recipe-json"
      />
      {problems.length > 0 && (
        <ul className="json-problems" data-testid="json-problems">
          {problems.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              <code>{field}</code> {message}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

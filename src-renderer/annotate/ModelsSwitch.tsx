import { Button } from '@mantine/core';
import { run } from '../commands/handlers.ts';
import { Tip } from '../commands/Tip.tsx';
import { useAnnotate } from './store.ts';

/** Shows teacher and student beside the label map, and takes them away. @param there whether there is any model */
export function ModelsSwitch({ there }: { there: boolean }) {
  const beside = useAnnotate((state) => state.beside);
  if (!there) return null;
  return (
    <Tip command="models.beside">
      <Button
        variant={beside ? 'light' : 'subtle'}
        color={beside ? undefined : 'gray'}
        aria-pressed={beside}
        onClick={() => run('models.beside')}
        data-testid="models-beside"
      >
        Teacher and student
      </Button>
    </Tip>
  );
}

import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ask } from '../host.ts';
import { whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';

/** Takes back what was pre-labelled last, as far as nothing else was done there since; nothing where there is none. */
export function TakeBack({ dataset }: { dataset: number }) {
  const made = useAsk('prelabels.last', { dataset }, { keep: true }).data?.items ?? [];
  const images = (count: number) => `${whole(count)} ${count === 1 ? 'image' : 'images'}`;
  const takeBack = () =>
    attempt(async () => {
      const { items } = await ask('prelabels.undo', { items: made });
      notifications.show({
        message: `Taken back in ${images(items.length)}; what was worked on since keeps its labels.`,
      });
    });
  if (made.length === 0) return null;
  return (
    <Button
      variant="default"
      onClick={takeBack}
      title={`In ${images(made.length)}: what was worked on since keeps its labels`}
      data-testid="less-undo"
    >
      Take back the last pre-labels
    </Button>
  );
}

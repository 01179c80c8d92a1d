import { Button, Group, Loader } from '@mantine/core';

/** A place with nothing in it yet: says why and offers the next action first. */
export function Empty(props: {
  title: string;
  text?: string;
  actions?: { label: string; run: () => void; testid?: string }[];
}) {
  return (
    <div className="empty" data-testid="empty">
      <h2>{props.title}</h2>
      {props.text && <p className="quiet">{props.text}</p>}
      {props.actions && (
        <Group gap={8} justify="center">
          {props.actions.map((action, index) => (
            <Button
              key={action.label}
              variant={index === 0 ? 'filled' : 'default'}
              onClick={action.run}
              data-testid={action.testid}
            >
              {action.label}
            </Button>
          ))}
        </Group>
      )}
    </div>
  );
}

/** Something is on its way. */
export function Waiting({ text }: { text: string }) {
  return (
    <div className="empty" role="status">
      <Loader size={20} color="gray" />
      <p className="quiet">{text}</p>
    </div>
  );
}

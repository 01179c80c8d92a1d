import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { tipOf } from '../commands/Tip.tsx';
import { useOverlay } from '../state/overlay.ts';

/** Over a list of classes: which of them are listed, and all of them on or off. */
export function ClassSearch(props: {
  /** How many classes there are. */
  classes: number;
  text: string;
  setText: (text: string) => void;
  placeholder: string;
  onKeyDown?: React.KeyboardEventHandler;
  /** What stands at the end of the row. */
  children?: React.ReactNode;
}) {
  const { classes, text, setText, placeholder, onKeyDown, children } = props;
  const { hidden, toggleAll } = useOverlay();
  return (
    <div className="row">
      <TextInput
        className="grow"
        aria-label="Find class"
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        data-class-search
        data-testid="class-search"
      />
      <Tooltip label={tipOf('classes.toggle')}>
        <ActionIcon aria-label="All classes on or off" onClick={() => toggleAll(classes)} data-testid="classes-all">
          {hidden.size > 0 ? <IconEyeOff size={16} /> : <IconEye size={16} />}
        </ActionIcon>
      </Tooltip>
      {children}
    </div>
  );
}

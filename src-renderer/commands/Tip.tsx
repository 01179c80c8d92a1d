import { Tooltip, type TooltipProps } from '@mantine/core';
import { showKey } from './keys.ts';
import { type CommandId, commandOf } from './list.ts';

export const isMac = /mac/i.test(navigator.platform);

/** The name and key of a command, as a tooltip shows them. */
export function tipOf(id: CommandId): string {
  const command = commandOf(id);
  const key = command?.keys?.[0];
  return `${command?.title ?? id}${key ? `  ${showKey(key, isMac)}` : ''}`;
}

/** A tooltip that names a command and its key. */
export function Tip({ command, ...rest }: { command: CommandId } & Omit<TooltipProps, 'label'>) {
  return <Tooltip label={tipOf(command)} {...rest} />;
}

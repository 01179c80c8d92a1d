import { IconBrush, IconBucketDroplet, IconColorPicker, IconEraser, type TablerIcon } from '@tabler/icons-react';
import type { CommandId } from '../../commands/list.ts';
import { brush, eraser } from './brush.ts';
import { fill } from './fill.ts';
import { pick } from './pick.ts';
import type { OptionId, Tool, Work } from './tool.ts';

interface ToolInfo {
  command: CommandId;
  icon: TablerIcon;
  options: readonly OptionId[];
  /** Whether the pointer is shown as the brush's outline. */
  brushed?: boolean;
  make(work: Work): Tool;
}

/** All tools, in the order of the tool bar. */
export const TOOLS = {
  brush: { command: 'tool.brush', icon: IconBrush, options: ['size', 'shape'], brushed: true, make: brush },
  eraser: { command: 'tool.eraser', icon: IconEraser, options: ['size', 'shape'], brushed: true, make: eraser },
  fill: { command: 'tool.fill', icon: IconBucketDroplet, options: ['everywhere'], make: fill },
  pick: { command: 'tool.pick', icon: IconColorPicker, options: [], make: pick },
} as const satisfies Record<string, ToolInfo>;

export type ToolId = keyof typeof TOOLS;
export const TOOL_IDS = Object.keys(TOOLS) as ToolId[];

/** A tool by its id. */
export function toolInfo(id: ToolId): ToolInfo {
  return TOOLS[id];
}

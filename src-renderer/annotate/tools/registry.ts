import {
  IconBrush,
  IconBucketDroplet,
  IconClick,
  IconColorPicker,
  IconDownload,
  IconEraser,
  IconGridDots,
  IconMarquee2,
  IconPointer,
  IconPolygon,
  IconSparkles,
  IconWand,
  type TablerIcon,
} from '@tabler/icons-react';
import type { CommandId } from '../../commands/list.ts';
import { box } from './box.ts';
import { brush, eraser } from './brush.ts';
import { fill } from './fill.ts';
import { pick } from './pick.ts';
import { polygon } from './polygon.ts';
import { segment } from './segment.ts';
import { select } from './select.ts';
import { superpixels } from './superpixels.ts';
import { take } from './take.ts';
import { tidy } from './tidy.ts';
import type { OptionId, Tool, Work } from './tool.ts';
import { wand } from './wand.ts';

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
  polygon: { command: 'tool.polygon', icon: IconPolygon, options: ['note'], make: polygon },
  select: { command: 'tool.select', icon: IconPointer, options: ['selection'], make: select },
  wand: { command: 'tool.wand', icon: IconWand, options: ['tolerance', 'everywhere'], make: wand },
  superpixels: { command: 'tool.superpixels', icon: IconGridDots, options: ['superpixels'], make: superpixels },
  box: { command: 'tool.box', icon: IconMarquee2, options: ['box'], make: box },
  segment: { command: 'tool.segment', icon: IconClick, options: ['segment'], make: segment },
  take: { command: 'tool.take', icon: IconDownload, options: ['source'], make: take },
  tidy: { command: 'tool.tidy', icon: IconSparkles, options: ['tidy'], make: tidy },
  pick: { command: 'tool.pick', icon: IconColorPicker, options: [], make: pick },
} as const satisfies Record<string, ToolInfo>;

export type ToolId = keyof typeof TOOLS;
export const TOOL_IDS = Object.keys(TOOLS) as ToolId[];

/** A tool by its id. */
export function toolInfo(id: ToolId): ToolInfo {
  return TOOLS[id];
}

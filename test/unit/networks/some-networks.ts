import { networkInfos } from '../../../src-main/networks/registry.ts';

/** Networks that are unlike each other: what holds of these holds of the others, which share their nodes. */
export const SOME_NETWORKS = ['espnet', 'espnet-c', 'bisenetv2', 'pspnet-r18', 'deeplabv3-mobilenetv2'];

/** Each head on one backbone, each backbone under one head, and each network of one piece, as narrow as they go. */
export function everyPart(): { id: string; options: Record<string, number> }[] {
  const infos = networkInfos();
  const backbones = infos.filter(({ id }) => id.startsWith('fcn-')).map(({ id }) => id.slice('fcn'.length));
  const composed = (id: string) => backbones.some((backbone) => id.endsWith(backbone));
  return infos
    .filter(({ id }) => id.endsWith('-r18') || id.startsWith('fcn-') || !composed(id))
    .map(({ id, options }) => {
      const narrow = options.filter(({ name }) => NARROW[name] !== undefined);
      return { id, options: Object.fromEntries(narrow.map(({ name, min }) => [name, Math.max(min, NARROW[name])])) };
    });
}

/** Options that say how wide a network is. */
const NARROW: Record<string, number> = { width: 0.125, channels: 8, inner: 8, growth: 8 };

/**
 * HRNet (Sun et al., CVPR 2019, arXiv 1902.09212; Wang et al., TPAMI 2020, arXiv 1908.07919): branches at 1/4, 1/8, 1/16
 * and 1/32 of the input's size run side by side to the end, and each takes in all the others again and again, so that
 * the fine one never has to be won back from a coarse one. Names and details are those of mmsegmentation's HRNet.
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm } from '../layers.ts';
import type { Backbone } from '../network.ts';
import { addBasic, addBottleneck } from './resnet.ts';
import { scaled, widthOption } from './scale.ts';

interface Variant {
  /** Of the finest branch; each next one has twice as many. */
  channels: number;
  /** Bottlenecks of the first stage, and blocks of each branch of a module. */
  first: number;
  blocks: number;
  /** Modules of the stages with two, three and four branches. */
  modules: readonly [number, number, number];
}

export const hrnets: readonly Backbone[] = [
  hrnet('hrnet-w18s', 'HRNet-W18-small', { channels: 18, first: 2, blocks: 2, modules: [1, 3, 2] }),
  hrnet('hrnet-w18', 'HRNet-W18', { channels: 18, first: 4, blocks: 4, modules: [1, 4, 3] }),
  hrnet('hrnet-w48', 'HRNet-W48', { channels: 48, first: 4, blocks: 4, modules: [1, 4, 3] }),
];

/**
 * The branches at the end are called level1 to level4; what a head of one input reads is all of them, brought to the
 * finest one's size, at 1/4 of the input's.
 */
function hrnet(id: string, title: string, { channels, first, blocks, modules }: Variant): Backbone {
  return {
    id,
    title,
    citation: 'Wang et al., Deep High-Resolution Representation Learning for Visual Recognition, TPAMI 2020',
    options: [widthOption],
    add: (b, { width }, torch) => {
      const half = { filters: scaled(64, width), kernel: 3, stride: 2, padding: 1 };
      const stem1 = convNorm(b, 'stem1', 'input', half, { conv: `${torch}.conv1`, norm: `${torch}.bn1` }, 'relu');
      let end = convNorm(b, 'stem', stem1, half, { conv: `${torch}.conv2`, norm: `${torch}.bn2` }, 'relu');
      for (let i = 0; i < first; i++) {
        const block = { filters: scaled(64, width), stride: 1, dilation: 1, torch: `${torch}.layer1.${i}` };
        end = addBottleneck(b, i === first - 1 ? 'stage1' : `stage1.${i}`, end, block);
      }
      let branches = [end];
      for (const [s, count] of modules.entries()) {
        const wide = Array.from({ length: s + 2 }, (_, i) => scaled(channels * 2 ** i, width));
        branches = addTransition(b, `transition${s + 1}`, branches, wide, `${torch}.transition${s + 1}`);
        for (let m = 0; m < count; m++) {
          const named = (i: number) => (m < count - 1 ? `stage${s + 2}.${m}.${i + 1}` : endOf(s, i));
          branches = addModule(b, branches, blocks, named, `${torch}.stage${s + 2}.${m}`);
        }
      }
      const fine = branches.map((branch, i) =>
        i === 0 ? branch : b.add(`joined.${i + 1}`, 'resize', [branch, branches[0]]),
      );
      const joined = b.add('joined', 'concat', fine);
      const levels = ['level1', 'level2', 'level3', 'level4'] as const;
      return { levels, end: joined, stride: 4, multiple: 32, middle: 'stage3' };
    },
  };
}

/** The finest branch of a stage is called after it; at the end all of them are levels. */
function endOf(stage: number, branch: number): string {
  if (stage === 2) return `level${branch + 1}`;
  return branch === 0 ? `stage${stage + 2}` : `stage${stage + 2}.branch${branch + 1}`;
}

/** As many branches as there are channels: those that are there, brought to them, and one more at half the size of the last. */
function addTransition(
  b: GraphBuilder,
  name: string,
  branches: string[],
  channels: number[],
  transition: string,
): string[] {
  return channels.map((filters, i) => {
    const torch = `${transition}.${i}`;
    const last = branches[branches.length - 1];
    if (i >= branches.length) {
      const attrs = { filters, kernel: 3, stride: 2, padding: 1 };
      return convNorm(b, `${name}.${i + 1}`, last, attrs, sequence(`${torch}.0`), 'relu');
    }
    if (b.channels(branches[i]) === filters) return branches[i];
    const attrs = { filters, kernel: 3, padding: 1 };
    return convNorm(b, `${name}.${i + 1}`, branches[i], attrs, sequence(torch), 'relu');
  });
}

/** Blocks on every branch, then every branch the sum of all. @param named what a branch's end is called */
function addModule(
  b: GraphBuilder,
  branches: string[],
  blocks: number,
  named: (i: number) => string,
  torch: string,
): string[] {
  const ends = branches.map((branch, i) => {
    let end = branch;
    for (let block = 0; block < blocks; block++) {
      const attrs = { filters: b.channels(branch), stride: 1, dilation: 1, torch: `${torch}.branches.${i}.${block}` };
      end = addBasic(b, `${named(i)}.block${block}`, end, attrs);
    }
    return end;
  });
  return ends.map((own, i) => {
    const parts = ends.map((other, j) => {
      if (j === i) return other;
      const name = `${named(i)}.from${j + 1}`;
      const names = `${torch}.fuse_layers.${i}.${j}`;
      return j > i ? addUp(b, name, other, own, names) : addDown(b, name, other, { steps: i - j, own, torch: names });
    });
    return b.add(named(i), 'relu', [b.add(`${named(i)}.sum`, 'add', parts)]);
  });
}

function addUp(b: GraphBuilder, name: string, from: string, to: string, torch: string): string {
  const attrs = { filters: b.channels(to), kernel: 1 };
  return b.add(name, 'resize', [convNorm(b, `${name}.reduced`, from, attrs, sequence(torch)), to]);
}

/** Halved so many times; only the last convolution changes the channels. */
function addDown(
  b: GraphBuilder,
  name: string,
  from: string,
  { steps, own, torch }: { steps: number; own: string; torch: string },
): string {
  let end = from;
  for (let step = 0; step < steps; step++) {
    const last = step === steps - 1;
    const attrs = { filters: b.channels(last ? own : from), kernel: 3, stride: 2, padding: 1 };
    const names = sequence(`${torch}.${step}`);
    end = convNorm(b, last ? name : `${name}.${step}`, end, attrs, names, last ? undefined : 'relu');
  }
  return end;
}

function sequence(torch: string) {
  return { conv: `${torch}.0`, norm: `${torch}.1` };
}

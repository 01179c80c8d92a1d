import { addDropout } from './dropout.ts';
import { GraphBuilder } from './graph.ts';
import { convNorm, norm } from './layers.ts';
import type { Network } from './network.ts';

interface Block {
  kernel?: number;
  dilation?: number;
  /** A 5×1 and a 1×5 convolution in the place of the 3×3. */
  asymmetric?: boolean;
}

type Slope = 'prelu' | 'relu';

/** What sections 2 and 3 repeat. */
const SECTION: Block[] = [
  {},
  { dilation: 2 },
  { asymmetric: true },
  { dilation: 4 },
  {},
  { dilation: 8 },
  { asymmetric: true },
  { dilation: 16 },
];

/**
 * ENet: narrow bottlenecks, most of them at 1/8, plain, dilated or asymmetric by turns, and a small decoder that puts
 * values back to where the way down pooled them from. Input multiples of 8; logits at the input's size. As in the authors'
 * code PReLU on the way down and ReLU on the way up, where transposed convolutions are 3×3 with stride 2. Spatial
 * dropout may come before each sum.
 */
export const enet: Network = {
  id: 'enet',
  title: 'ENet',
  citation:
    'Paszke et al., ENet: A Deep Neural Network Architecture for Real-Time Semantic Segmentation, arXiv 1606.02147',
  options: [
    { name: 'channels', title: 'Channels of the first section', default: 16, min: 8, max: 64, integer: true },
    {
      ...{
        name: 'dropout',
        title: 'Spatial dropout in training, a tenth of it in the first section; the paper has 0.1',
      },
      ...{ default: 0, min: 0, max: 0.9, integer: false },
    },
  ],
  build: ({ channels, dropout }, outputs) => {
    const b = new GraphBuilder(3);
    const little = dropout / 10;
    const half = { kernel: 3, stride: 2, padding: 1 };
    const conv = b.add('initial.conv', 'conv', ['input'], { ...half, filters: channels - 3 }, 'initial.conv');
    const small = b.add('initial.pooled', 'maxPool', ['input'], half);
    const both = norm(b, 'initial.norm', b.add('initial.joined', 'concat', [conv, small]), 'initial.norm');
    const initial = b.add('initial', 'prelu', [both], {}, 'initial.act');

    let end = addDown(b, 'section1.0', initial, 4 * channels, little);
    for (let i = 1; i <= 4; i++)
      end = addBlock(b, i === 4 ? 'section1' : `section1.${i}`, end, {}, `section1.${i}`, little);
    const first = end;
    end = addDown(b, 'section2.0', first, 8 * channels, dropout);
    for (const section of [2, 3]) {
      for (const [i, block] of SECTION.entries()) {
        const torch = `section${section}.${i + 1}`;
        end = addBlock(b, i === SECTION.length - 1 ? `section${section}` : torch, end, block, torch, dropout);
      }
    }
    end = addUp(b, 'section4.0', end, first, 4 * channels, dropout);
    for (const i of [1, 2]) {
      end = addBlock(b, i === 2 ? 'section4' : 'section4.1', end, {}, `section4.${i}`, dropout, 'relu');
    }
    end = addUp(b, 'section5.0', end, initial, channels, dropout);
    end = addBlock(b, 'section5', end, {}, 'section5.1', dropout, 'relu');
    const whole = { filters: outputs, ...half, outputPadding: 1 };
    return b.build({
      id: 'enet',
      options: { channels, dropout },
      output: b.add('logits', 'convTranspose', [end], whole, 'classifier'),
      stride: 8,
      logitsStride: 1,
      defaultTaps: ['section1', 'section3', 'section4'],
    });
  },
};

/** An activation, with a slope of its own where it is PReLU. */
function act(b: GraphBuilder, name: string, input: string, kind: Slope, torch: string): string {
  return b.add(name, kind, [input], {}, torch);
}

/** A convolution, batch norm and activation by the names N.conv, N.norm and N.act. */
function layer(
  b: GraphBuilder,
  name: string,
  input: string,
  attrs: Record<string, number>,
  torch: string,
  kind: Slope,
): string {
  const normed = convNorm(b, `${name}.norm`, input, attrs, { conv: `${torch}.conv`, norm: `${torch}.norm` });
  return act(b, name, normed, kind, `${torch}.act`);
}

/** Narrow by 1×1, filter, widen by 1×1, and the input added. */
function addBlock(
  b: GraphBuilder,
  name: string,
  input: string,
  { dilation = 1, asymmetric = false }: Block,
  torch: string,
  dropout: number,
  kind: Slope = 'prelu',
): string {
  const channels = b.channels(input);
  const filters = channels / 4;
  const narrow = layer(b, `${name}.narrow`, input, { filters, kernel: 1 }, `${torch}.narrow`, kind);
  const square = { filters, kernel: 3, dilation, padding: dilation };
  const column = { filters, kernelHeight: 5, kernelWidth: 1, paddingHeight: 2 };
  const row = { filters, kernelHeight: 1, kernelWidth: 5, paddingWidth: 2 };
  const first = asymmetric ? b.add(`${name}.column`, 'conv', [narrow], column, `${torch}.column`) : narrow;
  const filtered = layer(b, `${name}.filtered`, first, asymmetric ? row : square, `${torch}.filtered`, kind);
  return addExpanded(b, name, filtered, input, channels, { torch, kind, dropout });
}

/** Widened by 1×1 and batch norm, perhaps dropout, and the other way added. */
function addExpanded(
  b: GraphBuilder,
  name: string,
  input: string,
  other: string,
  filters: number,
  { torch, kind, dropout }: { torch: string; kind: Slope; dropout: number },
): string {
  const names = { conv: `${torch}.wide.conv`, norm: `${torch}.wide.norm` };
  const wide = convNorm(b, `${name}.wide`, input, { filters, kernel: 1 }, names);
  const left = addDropout(b, `${name}.dropout`, wide, dropout);
  return act(b, name, b.add(`${name}.sum`, 'add', [other, left]), kind, `${torch}.act`);
}

/** To half the size: by a 2×2 convolution, and by max pooling with channels of zeros added. */
function addDown(b: GraphBuilder, name: string, input: string, filters: number, dropout: number): string {
  const quarter = filters / 4;
  const narrow = layer(
    b,
    `${name}.narrow`,
    input,
    { filters: quarter, kernel: 2, stride: 2 },
    `${name}.narrow`,
    'prelu',
  );
  const square = { filters: quarter, kernel: 3, padding: 1 };
  const filtered = layer(b, `${name}.filtered`, narrow, square, `${name}.filtered`, 'prelu');
  const pooled = b.add(`${name}.pooled`, 'maxPool', [input], { kernel: 2, stride: 2, padding: 0 });
  const main = b.add(`${name}.padded`, 'pad', [pooled], { channels: filters - b.channels(input) });
  return addExpanded(b, name, filtered, main, filters, { torch: name, kind: 'prelu', dropout });
}

/** To twice the size: by a transposed convolution, and by unpooling to the places that `source` was pooled from. */
function addUp(b: GraphBuilder, name: string, input: string, source: string, filters: number, dropout: number): string {
  const quarter = filters / 4;
  const narrow = layer(b, `${name}.narrow`, input, { filters: quarter, kernel: 1 }, `${name}.narrow`, 'relu');
  const attrs = { filters: quarter, kernel: 3, stride: 2, padding: 1, outputPadding: 1 };
  const up = b.add(`${name}.filtered.conv`, 'convTranspose', [narrow], attrs, `${name}.filtered.conv`);
  const normed = norm(b, `${name}.filtered.norm`, up, `${name}.filtered.norm`);
  const filtered = act(b, `${name}.filtered`, normed, 'relu', `${name}.filtered.act`);
  const names = { conv: `${name}.main.conv`, norm: `${name}.main.norm` };
  const main = convNorm(b, `${name}.main`, input, { filters, kernel: 1 }, names);
  const unpooled = b.add(`${name}.unpooled`, 'maxUnpool', [main, source], { kernel: 2, stride: 2, padding: 0 });
  return addExpanded(b, name, filtered, unpooled, filters, { torch: name, kind: 'relu', dropout });
}

/** Rows that hold one network against the same in PyTorch and ONNX Runtime: a step's time, its memory, inference. */
import { describe } from '../../../src-main/contract/problem.ts';
import type { Bench, Contestant } from '../bench.ts';
import { amount, type Measured, missing, type RowSpec, type Unit } from '../row.ts';
import { type Opened, Side } from '../side.ts';
import { comparePairs, fastest, median } from '../statistics.ts';
import { CASES, type NetworkCase, writeCase } from './networks.ts';
import type { OnnxRequest } from './onnx.ts';

const OURS = './train/ours.ts';
const PYTORCH = './train/peer.py';
const ONNX = './train/onnx.ts';

/** How far the first loss, or the norm of the logits, may differ between sides that compute the same. */
const SAME = 2e-3;
/** Steps after which a process has held the most that it will. */
const MEMORY_STEPS = 4;
const MEMORY_PAIRS = 3;
/** PyTorch's memory formats, as peer.py knows them. */
const FORMATS = ['channels last', 'contiguous'];

export const stepRows: RowSpec[] = CASES.map((one) => ({
  name: `step.${one.name}`,
  goal: 1.0,
  measure: (bench) => measureStep(bench, one),
  profile: () => ({ request: { kind: 'step', case: one }, variant: 'step' }),
}));

export const memoryRows: RowSpec[] = CASES.map((one) => ({
  name: `memory.${one.name}`,
  goal: 1.2,
  measure: (bench) => measureMemory(bench, one),
}));

export const inferenceRows: RowSpec[] = CASES.map((one) => ({
  name: `inference.${one.name}`,
  goal: 1.1,
  measure: (bench) => measureInference(bench, one),
  profile: () => ({ request: { kind: 'inference', case: one }, variant: 'forward' }),
}));

/** A peer that is ready: what it says of itself, and its ways of doing the work under their full names. */
interface Peer {
  opened: Opened;
  contestants: Contestant[];
}

function contestants(side: Side, { name, variants }: Opened): Contestant[] {
  return variants.map((variant) => ({
    name: variants.length > 1 ? `${name}, ${variant}` : name,
    run: (steps) => side.run(variant, steps),
  }));
}

async function measureStep(bench: Bench, one: NetworkCase): Promise<Measured> {
  const folder = bench.folder(`training-${one.name}`);
  writeCase(folder, one, 'training');
  return against(bench, { kind: 'step', case: one }, 'step', [
    (sides, cuda) => pytorch(bench, sides, { kind: 'step', case: one, folder, cuda }),
  ]);
}

async function measureInference(bench: Bench, one: NetworkCase): Promise<Measured> {
  const folder = bench.folder(`inference-${one.name}`);
  writeCase(folder, one, 'inference');
  return against(bench, { kind: 'inference', case: one }, 'forward', [
    (sides, cuda) => pytorch(bench, sides, { kind: 'inference', case: one, folder, cuda }),
    (sides) => onnx(bench, sides, one, folder),
  ]);
}

/** @param cuda whether our side computes on an NVIDIA card, so that PyTorch has to as well */
type OpenPeer = (sides: Side[], cuda: boolean) => Promise<Peer>;

interface PyTorchRequest {
  kind: 'step' | 'inference';
  case: NetworkCase;
  folder: string;
  cuda: boolean;
}

/** Ours and all peers in turn; the peer that is fastest by its median counts. A peer that is missing is noted. */
async function against(
  bench: Bench,
  request: { kind: string; case: NetworkCase },
  variant: string,
  peers: OpenPeer[],
): Promise<Measured> {
  const sides: Side[] = [];
  try {
    const own = started(sides, Side.ours(OURS, bench.threads));
    const opened = await own.open(request);
    const ours: Contestant = { name: 'ours', run: (steps) => own.run(variant, steps) };
    const found: Peer[] = [];
    const notes: string[] = [];
    for (const open of peers) {
      try {
        const peer = await open(sides, opened.cuda ?? false);
        const different = difference(opened, peer.opened);
        if (different) notes.push(different);
        else found.push(peer);
        notes.push(...(peer.opened.notes ?? []));
      } catch (error) {
        notes.push(describe(error));
      }
    }
    for (const note of notes) bench.say(note);
    const measured = await bench.inTurn([ours, ...found.flatMap((peer) => peer.contestants)]);
    const mine = measured.get(ours.name)!;
    measured.delete(ours.name);
    if (found.length === 0) return { ...missing('seconds', notes.join(' ')), ours: median(mine), notes };
    for (const [name, seconds] of measured) bench.say(`${name}: ${amount(median(seconds), 'seconds')}`);
    const best = fastest(measured);
    return { unit: 'seconds', ...comparePairs(mine, measured.get(best)!), peerName: best, notes };
  } finally {
    await Promise.all(sides.map((side) => side.close()));
  }
}

function started(sides: Side[], side: Side): Side {
  sides.push(side);
  return side;
}

/** Why two sides do not do the same work; undefined where they do. */
function difference(ours: Opened, peer: Opened): string | undefined {
  if (peer.parameters !== undefined && peer.parameters !== ours.parameters) {
    return `${peer.name} is no peer: its network has ${peer.parameters} parameters, ours ${ours.parameters}.`;
  }
  const [a, b] = [ours.value!, peer.value!];
  if (Math.abs(a - b) <= SAME * Math.abs(b)) return undefined;
  return `${peer.name} is no peer: it computes ${b} where we compute ${a}.`;
}

async function pytorch(bench: Bench, sides: Side[], request: PyTorchRequest): Promise<Peer> {
  const side = started(sides, Side.python(await python(bench), PYTORCH, bench.threads));
  const opened = await side.open({ ...request, threads: bench.threads });
  return { opened, contestants: contestants(side, opened) };
}

async function python(bench: Bench): Promise<string> {
  try {
    return await bench.python();
  } catch (error) {
    throw new Error(`PyTorch is not there: ${describe(error)}`);
  }
}

async function onnx(bench: Bench, sides: Side[], one: NetworkCase, folder: string): Promise<Peer> {
  const exporter = Side.python(await python(bench), PYTORCH, bench.threads);
  try {
    const { shape } = await exporter.ask<{ shape: number[] }>({ do: 'export', case: one, folder });
    const request: OnnxRequest = {
      model: `${folder}/model.onnx`,
      input: `${folder}/input.bin`,
      shape,
      threads: bench.threads,
    };
    const side = started(sides, Side.ours(ONNX, bench.threads));
    const opened = await side.open({ ...request });
    return { opened, contestants: contestants(side, opened) };
  } catch (error) {
    throw new Error(`ONNX Runtime has no network: ${describe(error)}`);
  } finally {
    await exporter.close();
  }
}

/** Each value is the peak of a fresh process that has done a few steps of one network in one format. */
async function measureMemory(bench: Bench, one: NetworkCase): Promise<Measured> {
  const unit: Unit = 'bytes';
  const folder = bench.folder(`training-${one.name}`);
  writeCase(folder, one, 'training');
  const pairs = Math.min(MEMORY_PAIRS, bench.settings.pairs);
  const ours: number[] = [];
  const peers = new Map<string, number[]>(FORMATS.map((format) => [format, []]));
  let opened: Opened | undefined;
  let notes: string[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const own = await peakOf(Side.ours(OURS, bench.threads), { kind: 'step', case: one });
    ours.push(own.peak);
    for (const [format, peaks] of notes.length > 0 ? [] : peers) {
      try {
        const request = {
          kind: 'step',
          case: one,
          folder,
          cuda: own.opened.cuda,
          threads: bench.threads,
          formats: [format],
        };
        const peer = await peakOf(Side.python(await python(bench), PYTORCH, bench.threads), request);
        const different = difference(own.opened, peer.opened);
        if (different) throw new Error(different);
        opened = peer.opened;
        peaks.push(peer.peak);
      } catch (error) {
        notes = [describe(error)];
        bench.say(notes[0]);
        break;
      }
    }
  }
  if (!opened || notes.length > 0) return { ...missing(unit, notes.join(' ')), ours: median(ours), notes };
  const best = fastest(peers);
  return { unit, ...comparePairs(ours, peers.get(best)!), peerName: `${opened.name}, ${best}`, notes };
}

async function peakOf(side: Side, request: Record<string, unknown>): Promise<{ opened: Opened; peak: number }> {
  try {
    const opened = await side.open(request);
    await side.run(opened.variants[0], MEMORY_STEPS);
    return { opened, peak: await side.peak() };
  } finally {
    await side.close();
  }
}

import { z } from 'zod';
import { Problem } from '../contract/problem.ts';
import type { MethodInfo } from '../contract/window.ts';
import type { Method } from './method.ts';
import { ace } from './methods/ace.ts';
import { afdcd } from './methods/afdcd.ts';
import { apd } from './methods/apd.ts';
import { apdPa } from './methods/apd-pa.ts';
import { apdPd } from './methods/apd-pd.ts';
import { at } from './methods/at.ts';
import { bpkd } from './methods/bpkd.ts';
import { ce } from './methods/ce.ts';
import { ceBoundary } from './methods/ce-boundary.ts';
import { ceOhem } from './methods/ce-ohem.ts';
import { cePseudo } from './methods/ce-pseudo.ts';
import { cirkdBatch } from './methods/cirkd-batch.ts';
import { cirkdMemory } from './methods/cirkd-memory.ts';
import { crd } from './methods/crd.ts';
import { csc } from './methods/csc.ts';
import { cwd } from './methods/cwd.ts';
import { dakdAdversarial } from './methods/dakd-adversarial.ts';
import { dist } from './methods/dist.ts';
import { dsdCsd } from './methods/dsd-csd.ts';
import { dsdPsd } from './methods/dsd-psd.ts';
import { fitnets } from './methods/fitnets.ts';
import { freekd } from './methods/freekd.ts';
import { ickd } from './methods/ickd.ts';
import { ifvd } from './methods/ifvd.ts';
import { ka } from './methods/ka.ts';
import { kd } from './methods/kd.ts';
import { mgd } from './methods/mgd.ts';
import { ofd } from './methods/ofd.ts';
import { pkt } from './methods/pkt.ts';
import { skdHolistic } from './methods/skd-holistic.ts';
import { skdPairwise } from './methods/skd-pairwise.ts';
import { skdPixel } from './methods/skd-pixel.ts';
import { sskd } from './methods/sskd.ts';
import { ssl } from './methods/ssl.ts';

/** All methods, in the order in which the recipe form offers them. */
export const methods: readonly Method[] = [
  ce,
  ceOhem,
  ceBoundary,
  ssl,
  cePseudo,
  dakdAdversarial,
  kd,
  ace,
  bpkd,
  csc,
  dsdPsd,
  dsdCsd,
  fitnets,
  ofd,
  mgd,
  freekd,
  ka,
  crd,
  sskd,
  apd,
  apdPd,
  apdPa,
  cirkdBatch,
  cirkdMemory,
  afdcd,
  at,
  pkt,
  skdPixel,
  skdPairwise,
  skdHolistic,
  ifvd,
  cwd,
  ickd,
  dist,
];

/** @throws Problem naming the known ids */
export function methodById(id: string): Method {
  const method = methods.find((m) => m.id === id);
  if (method) return method;
  throw new Problem(`There is no method named "${id}".`, { next: `Known: ${methods.map((m) => m.id).join(', ')}.` });
}

/** What the recipe form shows: texts, defaults, and the options as JSON schema. */
export function methodInfos(): MethodInfo[] {
  return methods.map((m) => ({
    id: m.id,
    title: m.title,
    citation: m.citation,
    equation: m.equation,
    needsTeacher: m.teacher,
    needsBoth: m.needsBoth ?? false,
    taps: m.taps > 0,
    defaultWeight: m.defaultWeight,
    params: z.toJSONSchema(m.params, { io: 'input' }),
  }));
}

/** One engine's rows of a conformance table, sent to the process that asked (main.ts): `rows.ts ops|networks ENGINE PART-OF-A-NAME`. */

import { describe } from '../../src-main/contract/problem.ts';
import { type Engine, startEngine } from '../../src-main/engine/choose.ts';
import type { FormName } from '../../src-main/engine/ops/forms.ts';
import {
  checkEvaluation,
  checkTraining,
  countOf,
  countsAlike,
  isTrained,
  LIMITS,
  memoryOf,
  type NetworkCase,
  networkCases,
} from './networks-check.ts';
import { checkOp, faults, type OpDifferences, opCases } from './ops/check.ts';
import type { OpCase } from './ops/op-case.ts';

/** A row; differences are the worst over the cases, null where there is nothing to compare. */
export interface Row {
  /** The op or the network. */
  name: string;
  engine: string;
  /** null: could not be tried here. */
  ok: boolean | null;
  why?: string;
  forms?: string;
  forward?: number;
  gradient?: number | null;
  finite?: number | null;
  parameters?: number;
  referenceParameters?: number;
  macs?: number;
  referenceMacs?: number | null;
  /** Bytes of a training step's passes over one picture of the case's size. */
  memory?: number;
  /** The same of a picture of LARGE. */
  largeMemory?: number;
  /** Input's height and width. */
  size?: [number, number];
  /** Where the golden values come from. */
  oracle?: string;
}

export type Answer =
  | { rows: Omit<Row, 'engine'>[]; notes: string[] }
  /** The engine cannot be started, or its process died. */
  | { refused: string; died?: boolean };

/** Dilated and grouped convolutions have rows of their own: engines differ there most. */
function rowName({ op, attrs }: OpCase): string {
  const dilated = Math.max(...[attrs.dilation ?? 1].flat()) > 1;
  return [op, ...(op.startsWith('conv') && attrs.groups > 1 ? ['grouped'] : []), ...(dilated ? ['dilated'] : [])].join(
    ', ',
  );
}

async function opRow(name: string): Promise<Omit<Row, 'engine'>> {
  const found: OpDifferences[] = [];
  const wrong: string[] = [];
  for (const one of opCases.filter((other) => rowName(other) === name)) {
    try {
      const differences = await checkOp(one);
      found.push(differences);
      wrong.push(...faults(differences).map((fault) => `${one.name}: ${fault}`));
    } catch (error) {
      wrong.push(`${one.name}: ${describe(error)}`);
    }
  }
  const worst = (key: 'forward' | 'gradient' | 'finite') => {
    const values = found.map((one) => one[key]).filter((value) => value !== null);
    return values.length > 0 ? Math.max(...values) : null;
  };
  return {
    name,
    ok: wrong.length === 0,
    ...(wrong.length > 0 ? { why: wrong.join('; ') } : {}),
    forms: formsIn(found),
    forward: worst('forward') ?? undefined,
    gradient: worst('gradient'),
    finite: worst('finite'),
  };
}

/** The forms' names; where they differ, with the parts that take them. An op without fast forms has its plain one. */
function formsIn(found: OpDifferences[]): string {
  const forms = new Map<string, FormName>(found.flatMap((one) => [...one.forms]));
  const names = [...new Set(forms.values())];
  if (names.length <= 1) return names[0] ?? 'plain';
  const partsOf = (name: FormName) => [...forms].filter(([, form]) => form === name).map(([part]) => part);
  return names.map((name) => `${name} (${partsOf(name).join(', ')})`).join(', ');
}

/** Height and width of Cityscapes' pictures, in whose training attention's weights would be far more than all else. */
const LARGE: [number, number] = [1024, 2048];

function networkRow(golden: NetworkCase): Omit<Row, 'engine'> {
  const counted = countOf(golden);
  const options = Object.entries(golden.options).map(([name, value]) => `${name}=${value}`);
  const along = golden.auxiliary ? ['with auxiliary outputs'] : [];
  const name = [golden.network, ...options, `${golden.outputs} outputs`, ...along].join(' ');
  const { size, oracle } = golden;
  const counts = { name, ...counted, size, oracle, memory: memoryOf(golden), largeMemory: memoryOf(golden, LARGE) };
  try {
    const evaluated = checkEvaluation(golden);
    const trained = isTrained(golden) ? checkTraining(golden) : null;
    const forward = Math.max(evaluated, trained?.forward ?? 0);
    const gradient = trained?.gradient ?? null;
    const ok = countsAlike(counted) && forward < LIMITS.forward && (gradient ?? 0) < LIMITS.gradient;
    return { ...counts, forward, gradient, ok };
  } catch (error) {
    return { ...counts, ok: false, why: describe(error) };
  }
}

async function answer(what: string, wish: string, wanted: string): Promise<Answer> {
  let engine: Engine;
  try {
    engine = await startEngine(wish);
  } catch (error) {
    return { refused: describe(error) };
  }
  const rows: Omit<Row, 'engine'>[] = [];
  if (what === 'networks')
    rows.push(
      ...networkCases(wish)
        .filter(({ network }) => network.includes(wanted))
        .map(networkRow),
    );
  else
    for (const name of new Set(opCases.map(rowName).filter((one) => one.includes(wanted))))
      rows.push(await opRow(name));
  return { rows, notes: engine.notes };
}

const [what, wish, wanted] = process.argv.slice(2);
process.send!(await answer(what, wish, wanted), () => process.disconnect());

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src-main/engine/choose.ts';
import { tf } from '../../src-main/engine/tf.ts';
import { foldNetwork } from '../../src-main/networks/fold.ts';
import { countNetwork } from '../../src-main/networks/graph.ts';
import { buildNetwork } from '../../src-main/networks/registry.ts';
import {
  checkEvaluation,
  checkTraining,
  countOf,
  countsAlike,
  isTrained,
  LIMITS,
  networkCases,
  shortCases,
  weightsOf,
} from './networks-check.ts';

afterEach(() => expect(tf.memory().numTensors).toBe(0));

describe.each(['cpu', 'webgpu', 'wasm'] as const)('%s', (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  describe.each(shortCases(engine))('$network $options with $outputs outputs', (golden) => {
    test('gives what PyTorch gives in evaluation, folded or not', () => {
      expect(checkEvaluation(golden)).toBeLessThan(LIMITS.forward);
    });

    if (!isTrained(golden)) return;

    test('trains as PyTorch does: outputs, all gradients, running statistics', () => {
      const { forward, gradient } = checkTraining(golden);
      expect(forward).toBeLessThan(LIMITS.forward);
      expect(gradient).toBeLessThan(LIMITS.gradient);
    });
  });
});

test.each(networkCases('cpu'))('$network $options has as many parameters and multiply–accumulates', (golden) => {
  const counts = countOf(golden);
  expect(countsAlike(counts), JSON.stringify(counts)).toBe(true);
});

test('a folded network has no batch norm and no activation of its own, and the same counts', () => {
  const graph = buildNetwork({ id: 'espnet', options: {} }, 12);
  const folded = foldNetwork(graph, weightsOf(graph)).graph;
  const kinds = new Set(folded.nodes.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    'affineAct',
    'averagePool',
    'branchFusion',
    'concat',
    'convAct',
    'convTranspose',
    'input',
  ]);
  expect(countNetwork(folded, [48, 64]).macs).toBe(countNetwork(graph, [48, 64]).macs);
});

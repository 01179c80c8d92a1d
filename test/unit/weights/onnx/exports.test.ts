/** Networks of public packages, exported by PyTorch (test/oracles/onnx_exports.py), as graphs of ours. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { nodeSizes } from '../../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { writeOnnx } from '../../../../src-main/weights/onnx/write.ts';
import { compare, ours, swap } from './run.ts';

const SCRIPT = path.resolve(import.meta.dirname, '../../../oracles/onnx_exports.py');
/** A Python that has the packages; a machine without one skips this file. */
const PYTHON = process.env.STILLROOM_ORACLE_PYTHON ?? '';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-exports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => startEngine('cpu'));

interface Export {
  name: string;
  file: string;
  size: [number, number];
  outputs: number;
}

const floats = (file: string) => new Float32Array(new Uint8Array(readFileSync(path.join(folder, file))).buffer);

describe.skipIf(!PYTHON)('exported by PyTorch (skipped where STILLROOM_ORACLE_PYTHON names no Python with it)', () => {
  test.each<[string, ...string[]]>([
    ...(['deeplabv3', 'pspnet', 'bisenetv2', 'hrnet'] as const).map((name): [string] => [name]),
    ...(['segformer', 'vit', 'nonlocal'] as const).map((name): [string, string] => [name, 'attention']),
    ['danet', 'attention', 'channelAttention'],
    ['ocr', 'regionMeans', 'attention'],
    ['apcnet', 'weightedSum'],
  ])(
    '%s gives PyTorch’s logits, and the same bytes when it is written, read and written again',
    async (name, ...kinds) => {
      const made = spawnSync(PYTHON, [SCRIPT, folder, name], { cwd: path.dirname(SCRIPT), encoding: 'utf8' });
      expect(made.status, made.stderr).toBe(0);
      const exports = JSON.parse(readFileSync(path.join(folder, 'list.json'), 'utf8')) as Export[];
      for (const { file, size, outputs } of exports) {
        const [height, width] = size;
        const { card, weights } = await readModel(path.join(folder, file));
        const graph = buildNetwork(card.network, card.outputs);
        // Attentions are nodes that go by blocks
        expect(graph.nodes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(kinds));
        // Any node can be tapped
        expect(nodeSizes(graph, size).size).toBe(graph.nodes.length);
        const x = swap(floats(`${name}.input.bin`), 3, height * width);
        const logits = swap(floats(`${name}.logits.bin`), outputs, height * width);
        const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        const difference = compare(ours(graph, weights, [x], size), [logits], outputs);
        expect(difference.logits / largest).toBeLessThan(1e-5);

        const bytes = writeOnnx(graph, weights, card, size);
        const again = path.join(folder, 'again.onnx');
        writeFileSync(again, bytes);
        const second = await readModel(again);
        expect(second.notes).toEqual([]);
        const rewritten = writeOnnx(buildNetwork(second.card.network, outputs), second.weights, second.card, size);
        expect(Buffer.compare(rewritten, bytes)).toBe(0);
      }
    },
    300_000,
  );
});

/** What a step gives its teacher to look at. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session } from '../../../src-main/training/session.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { COLORS } from './tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-ask-'));
const classes = COLORS.map((color, i) => ({ name: `Class ${i}`, color }));
const small = { p: 1, q: 1, width: 0.5 };

beforeAll(() => startEngine('cpu'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function open(channels: 'rgb' | 'bgr'): Promise<Session> {
  const network = { id: 'espnet', options: small };
  const more = { licence: '', source: '', sha256: '', preprocessing: { ...STUDENT_PREPROCESSING, channels } };
  const teacher = path.join(root, `${channels}.safetensors`);
  const weights = initialWeights(buildNetwork(network, 3), 5);
  writeModel(teacher, { name: 'teacher', network, classes, outputs: 3, ...more }, weights);
  const asked = recipe.parse({
    version: 1,
    name: 'asked',
    data: {},
    student: { network: { id: 'espnet-c', options: small } },
    methods: [{ method: 'dsd.csd', weight: 1 }],
    schedule: { steps: 1 },
    batch: 1,
    crop: [32, 32],
  });
  const data = { root, classes, values: [], items: [], hash: '' };
  return Session.open(
    { kind: 'train', folder: root, recipe: asked, data, evaluation: null, teacher, engine: 'cpu' },
    null,
  );
}

test.each([
  { channels: 'rgb' as const, shared: true },
  { channels: 'bgr' as const, shared: false },
])('a teacher of $channels pictures takes the input of the student: $shared', async ({ channels, shared }) => {
  const session = await open(channels);
  const pictures = tf.randomUniform([1, 32, 32, 3], 0, 255, 'float32', 3) as Tensor4D;
  const others = tf.zerosLike(pictures);
  const given = [session.askTeacher(pictures)!, session.askTeacher(pictures, others)!];
  const [alone, beside] = given.map(({ logits }) => logits.dataSync());
  expect(given[0].logits.shape).toEqual([1, 4, 4, 3]);
  if (shared) expect(beside).not.toEqual(alone);
  else expect(beside).toEqual(alone);
  tf.dispose([pictures, others, ...given.flatMap(({ logits, taps }) => [logits, ...taps.values()])]);
  session.dispose();
});

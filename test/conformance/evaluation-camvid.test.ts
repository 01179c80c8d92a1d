/** The authors' ESPNet on CamVid's validation split, against what PyTorch gave (70.10 mIoU, 92.68 % of the pixels). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openDataset } from '../../src-main/datasets/registry.ts';
import { startEngine } from '../../src-main/engine/choose.ts';
import { evaluateModel } from '../../src-main/evaluation/evaluate.ts';
import { openModel } from '../../src-main/training/model.ts';

const shared = path.resolve(import.meta.dirname, '../../../shared/data');
const root = path.join(shared, 'camvid');
const file = path.join(shared, 'espnet', 'espnet_p_2_q_8_camvid.pth');

test.skipIf(!existsSync(root) || !existsSync(file))(
  'ESPNet reaches its known values on CamVid (skipped where ../shared/data is missing)',
  async () => {
    await startEngine('cpu');
    const { classes, items, table } = openDataset(root);
    const values = [...table].map((value) => Math.min(value, 255));
    const val = items.filter((item) => item.split === 'val').map((item, id) => ({ ...item, id }));
    const model = await openModel(file);
    const result = await evaluateModel(model, { root, classes, values, items: val, hash: '' });
    model.executable.dispose();
    expect(result.images).toBe(101);
    expect(Math.abs(result.mIoU! - 0.701)).toBeLessThan(0.0005);
    expect(Math.abs(result.pixelAccuracy! - 0.9268)).toBeLessThan(0.0005);
    expect(result).toMatchObject({ outputs: 12, parameters: 354_517, inputSize: [360, 480] });
    expect(result.items).toHaveLength(101);
  },
  180_000,
);

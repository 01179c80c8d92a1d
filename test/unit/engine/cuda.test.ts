import { expect, test } from 'vitest';
import { requireGpu, unseenGpu } from '../../../src-main/engine/cuda.ts';

const lineOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as { line: string }).line;
  }
  return undefined;
};

test('the first GPU with a driver that CUDA 12 runs on is taken', () => {
  const gpus = [
    { name: 'NVIDIA L4', driver: '550.54.15' },
    { name: 'NVIDIA T4', driver: '550.54.15' },
  ];
  expect(requireGpu(gpus, true)).toBe(gpus[0]);
});

test.each([
  [
    'no card',
    [],
    false,
    /No NVIDIA driver shows a GPU.*nvidia-smi.*Install the NVIDIA driver, 525 or newer.*engine cpu/,
  ],
  ['a card without a driver', [], true, /card is here, but its driver is not installed.*nvidia-driver/],
  ['an old driver', [{ name: 'GTX 1080', driver: '470.82' }], true, /driver 470.82 is older.*Install 525 or newer/],
])('%s is refused in one sentence that names the driver and the next step', (_, gpus, card, sentence) => {
  expect(lineOf(() => requireGpu(gpus, card))).toMatch(sentence);
});

test('a GPU that TensorFlow does not see is named with its driver', () => {
  const { line } = unseenGpu({ name: 'NVIDIA L4', driver: '550.54.15' }, '/cache/tensorflow');
  expect(line).toMatch(/does not see NVIDIA L4 \(driver 550.54.15\).*TF_CPP_MIN_LOG_LEVEL=0/);
});

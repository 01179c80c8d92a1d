import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { lossCommand } from '../../../src-main/cli/loss.ts';

const FILE = fileURLToPath(new URL('../../conformance/golden/losses.npz', import.meta.url));

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function run(...args: string[]): Promise<string> {
  vi.stubEnv('STILLROOM_ENGINE', 'wasm');
  const out: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  const program = new Command('stillroom').exitOverride();
  lossCommand(program);
  try {
    await program.parseAsync(['loss', ...args], { from: 'user' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'commander.helpDisplayed') throw error;
  }
  return out.join('');
}

test('--json prints one object with value and norms', async () => {
  const out = await run('kd', '--inputs', FILE, '--params', '{"temperature": 4}', '--json');
  expect(out.trim().split('\n')).toHaveLength(1);
  const answer = JSON.parse(out);
  expect(Object.keys(answer)).toEqual(['value', 'gradientNorms']);
  expect(Object.keys(answer.gradientNorms)).toEqual(['student.logits']);
  expect(answer.value).toBeGreaterThan(0);
});

test('options that are not given have their defaults', async () => {
  const [plain, stated] = [
    await run('dsd.csd', '--inputs', FILE, '--json'),
    await run('dsd.csd', '--inputs', FILE, '--json', '--params', '{"form": "cosine", "tau": 4, "pool": 2}'),
  ];
  expect(plain).toBe(stated);
});

test('without --json it prints the same for people', async () => {
  expect(await run('dsd.psd', '--inputs', FILE)).toMatch(/^value {2}\d.*\ngradient norm student\.tap0 {2}\d.*\n/);
});

test('--help lists every method with its equation and options', async () => {
  const help = await run('--help');
  for (const words of ['ce ', 'kd ', 'dsd.psd ', 'dsd.csd ', 'options: pairs, reduction'])
    expect(help).toContain(words);
});

test.each([
  [['nosuch', '--inputs', FILE], /no method named "nosuch"/],
  [['kd', '--inputs', FILE, '--params', '{temperature: 4}'], /--params is not valid JSON/],
  [['kd', '--inputs', `${FILE}.none`], /losses\.npz\.none/],
])('%j is refused in a sentence', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(
    expect.objectContaining({ name: 'Problem', message: expect.stringMatching(message) }),
  );
});

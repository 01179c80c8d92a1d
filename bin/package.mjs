#!/usr/bin/env node
/**
 * `npm run package`: the application for people without a checkout, in release/. The engine's binding is built here
 * and ships inside; TensorFlow's libraries come to the user's cache at first use.
 */
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildWith, ROOT } from './build.mjs';
import { makeDeb } from './deb.mjs';
import { getElectron } from './electron.mjs';
import { startProgress } from './progress.mjs';
import { collect } from './run.mjs';

const RELEASE = path.join(ROOT, 'release');

async function main() {
  const electron = await getElectron();
  await buildWith(['main', 'renderer'], electron.executable);
  const { version } = createRequire(import.meta.url)('../package.json');
  // What stands on the third party's Electron is for development, and its name says so.
  const name = `stillroom-${version}${electron.official ? '' : '-dev'}-${process.platform}-${process.arch}`;
  if (process.platform === 'linux') await shipBinding(electron.executable);
  const made = await pack(electron, name);
  for (const file of made) process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}

/** Puts what is built from C++ where electron-builder.yml takes it from. @param {string} executable Electron's */
async function shipBinding(executable) {
  /** @param {string} file */
  const load = (file) =>
    `await import(${JSON.stringify(pathToFileURL(path.join(ROOT, 'src-main/engine', file)).href)})`;
  const code = `const [{ acquireEngine }, { CPU }, { bindingName }, { bridgeFile }] =
      [${['acquire', 'native-engines', 'binding', 'dawn'].map((name) => load(`${name}.ts`)).join()}];
    process.stdout.write(JSON.stringify([(await acquireEngine(CPU)) + '/' + bindingName(), await bridgeFile()]));`;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const answer = await collect(executable, ['--input-type=module', '--eval', code], { env });
  if (!answer.ok) throw new Error(`The engine's binding could not be built: ${answer.why}`);
  const folder = path.join(RELEASE, 'binding');
  fs.mkdirSync(folder, { recursive: true });
  const [binding, bridge] = JSON.parse(answer.out);
  fs.copyFileSync(binding, path.join(folder, 'tfjs_binding.node'));
  fs.copyFileSync(bridge, path.join(folder, path.basename(bridge)));
}

/**
 * @param {{ executable: string, version: string }} electron
 * @param {string} name of the artifacts, without ending
 * @returns {Promise<string[]>} the files made
 */
async function pack(electron, name) {
  const { build, Platform } = await import('electron-builder');
  const linux = process.platform === 'linux';
  const appImage = linux && process.env.APPIMAGE_TOOLS_PATH ? ['AppImage'] : [];
  const made = await build({
    projectDir: ROOT,
    publish: 'never',
    targets: linux ? Platform.LINUX.createTarget(['dir', ...appImage]) : undefined,
    config: {
      extends: path.join(ROOT, 'electron-builder.yml'),
      electronVersion: electron.version,
      electronDist: path.dirname(electron.executable),
      artifactName: `${name}.\${ext}`,
    },
  });
  if (!linux) return made;
  const folder = path.join(RELEASE, 'linux-unpacked');
  const deb = await makeDeb(folder, path.join(RELEASE, `${name}.deb`));
  return [folder, ...made, await makeTar(folder, name), ...(deb ? [deb] : [])];
}

/** @param {string} folder @param {string} name @returns {Promise<string>} the archive */
async function makeTar(folder, name) {
  const archive = path.join(RELEASE, `${name}.tar.gz`);
  const progress = startProgress(`Packing ${path.basename(archive)}`);
  const answer = await collect('tar', [
    ...['-C', path.dirname(folder), '--transform', `s,^${path.basename(folder)},${name},`],
    ...['--owner=0', '--group=0', '--numeric-owner', '--sort=name', '-czf', archive, path.basename(folder)],
  ]);
  if (!answer.ok) throw new Error(`${archive} could not be written: ${answer.why}`);
  progress.done();
  return archive;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

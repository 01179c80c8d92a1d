/**
 * The binding between Node and TensorFlow, with our own kernels in it (kernels/): one shared library, Node-API 8, so
 * one build runs on every Node and Electron we meet. A package ships it built; a checkout compiles it from
 * @tensorflow/tfjs-node-gpu's source and ours.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { collect } from '../../bin/run.mjs';
import { appFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';

/** The built binding's name in a package. */
const SHIPPED = 'tfjs_binding.node';
/** Made ones that stay, for other checkouts that share the cache: more would pile up as sources change. */
const KEPT = 8;
const COMPILERS = ['g++', 'c++', 'clang++'];
/** Instruction sets that the kernels are compiled for; the best one of the processor is taken when they are loaded. */
const INSTRUCTION_SETS =
  process.arch === 'x64'
    ? [
        { name: 'v2', flags: ['-march=x86-64-v2'] },
        { name: 'v3', flags: ['-march=x86-64-v3'] },
        { name: 'v4', flags: ['-march=x86-64-v4', '-mprefer-vector-width=512'] },
      ]
    : [{ name: 'native', flags: [] }];
/** Sums may be taken in another order, which vector code needs; infinities and NaN keep their meaning. */
const ARITHMETIC = ['-O3', '-fno-math-errno', '-fno-trapping-math', '-fno-signed-zeros', '-fassociative-math'];

/** The built binding that a package carries; undefined in a checkout. */
export function shippedBinding(): string | undefined {
  return shippedFile(SHIPPED);
}

/** A built library that a package carries beside its archive (resources/binding); undefined in a checkout. */
export function shippedFile(name: string): string | undefined {
  const file = path.join(path.dirname(appFolder()), 'binding', name);
  return path.extname(appFolder()) === '.asar' && fs.existsSync(file) ? file : undefined;
}

let name: string | undefined;

/** The binding's file name beside the libraries. It carries a hash of what it is made of, so a changed one is made anew. */
export function bindingName(): string {
  if (name) return name;
  const hash = createHash('sha256');
  const shipped = shippedBinding();
  for (const file of shipped ? [shipped] : sources()) hash.update(fs.readFileSync(file));
  if (!shipped) hash.update(JSON.stringify([INSTRUCTION_SETS, ARITHMETIC]));
  name = `tfjs_binding-${hash.digest('hex').slice(0, 12)}.node`;
  return name;
}

function kernelFolder(): string {
  return path.join(appFolder(), 'src-main', 'engine', 'kernels');
}

function tensorflowJs(): string {
  return path.join(appFolder(), 'node_modules', '@tensorflow', 'tfjs-node-gpu');
}

/** All files that the binding is compiled from. */
function sources(): string[] {
  const ours = fs.readdirSync(kernelFolder()).sort();
  return [...ours.map((file) => path.join(kernelFolder(), file)), path.join(tensorflowJs(), 'package.json')];
}

/** The C++ compiler that is there and its version line; undefined without one. CXX is asked first. */
export async function findCompiler(): Promise<{ program: string; version: string } | undefined> {
  const wished = process.env.CXX;
  for (const program of wished ? [wished, ...COMPILERS] : COMPILERS) {
    const answer = await collect(program, ['--version'], { limitMs: 10_000 });
    if (answer.ok) return { program, version: answer.out.split('\n')[0] };
  }
  return undefined;
}

/**
 * Puts the binding beside the two libraries in `folder`, whole or not at all: the shipped one, or compiled. It finds the
 * libraries beside itself (RUNPATH $ORIGIN), so the folder may move.
 * @param include TensorFlow's C headers, as in the wheel's tensorflow/include
 * @throws Problem without a compiler, or with the compiler's own words
 */
export async function placeBinding(folder: string, include: string): Promise<void> {
  const work = path.join(folder, `binding-${process.pid}.part`);
  await fsp.mkdir(work, { recursive: true });
  try {
    const made = path.join(work, SHIPPED);
    const shipped = shippedBinding();
    if (shipped) await fsp.copyFile(shipped, made);
    else await compile(folder, include, work, made);
    await fsp.rename(made, path.join(folder, bindingName()));
    await sweepBindings(folder);
  } finally {
    await fsp.rm(work, { recursive: true, force: true });
  }
}

/**
 * Removes bindings of earlier sources, all but the newest few, and what processes that were killed had begun to make. Call
 * it under the engine's lock. A process that runs with a binding keeps it: on Linux an open file outlives its name.
 */
export async function sweepBindings(folder: string): Promise<void> {
  const names = await fsp.readdir(folder);
  const begun = names.filter((name) => /^binding-\d+\.part$/.test(name));
  await Promise.all(begun.map((name) => fsp.rm(path.join(folder, name), { recursive: true, force: true })));
  const bindings = names.filter((name) => /^tfjs_binding(-[0-9a-f]+)?\.node$/.test(name));
  const made = bindings.map((name) => {
    const file = path.join(folder, name);
    return { file, at: fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 };
  });
  made.sort((a, b) => b.at - a.at);
  await Promise.all(made.slice(KEPT).map(({ file }) => fsp.rm(file, { force: true })));
}

async function compile(folder: string, include: string, work: string, made: string): Promise<void> {
  const compiler = await findCompiler();
  if (!compiler) {
    throw new Problem('The binding to TensorFlow cannot be built: no C++ compiler is installed.', {
      next: 'Install one (Debian, Ubuntu: apt-get install g++) and try again.',
    });
  }
  const common = ['-std=c++17', '-fPIC', '-DNAPI_VERSION=8', `-I${include}`];
  const run = async (args: string[]) => {
    const result = await collect(compiler.program, [...common, ...args]);
    if (result.ok) return;
    throw new Problem(`The binding to TensorFlow cannot be built: ${result.why}.`, {
      next: 'Check the C++ compiler, or set CXX to another one.',
    });
  };
  const objects: string[] = [];
  const object = (source: string, name: string, flags: string[]) => {
    const file = path.join(work, `${name}.o`);
    objects.push(file);
    return run(['-c', source, '-o', file, ...flags]);
  };
  const headers = path.join(appFolder(), 'node_modules', 'node-api-headers', 'include');
  const node = ['-O2', `-I${tensorflowJs()}`, `-I${headers}`];
  await Promise.all([
    ...['tfjs_backend', 'tfjs_binding'].map((file) =>
      object(path.join(tensorflowJs(), 'binding', `${file}.cc`), file, node),
    ),
    ...['conv', 'onednn', 'op', 'packing', 'parallel', 'register', 'scratch'].map((file) =>
      object(path.join(kernelFolder(), `${file}.cc`), file, ['-O3']),
    ),
    ...INSTRUCTION_SETS.map(({ name, flags }) =>
      object(path.join(kernelFolder(), 'kernels.cc'), `kernels-${name}`, [...ARITHMETIC, ...flags, `-DISA=${name}`]),
    ),
  ]);
  await run([
    ...['-shared', '-s', '-pthread', ...objects, '-o', made, `-L${folder}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN', '-ldl'],
  ]);
}

/**
 * The binding between Node and TensorFlow: `tfjs_binding.node`, Node-API 8, so one build runs on every Node and
 * Electron we meet. A package ships it built; a checkout compiles it from @tensorflow/tfjs-node-gpu's source.
 */
import fs from 'node:fs';
import path from 'node:path';
import { collect } from '../../bin/run.mjs';
import { appFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';

export const BINDING = 'tfjs_binding.node';
const COMPILERS = ['g++', 'c++', 'clang++'];

/** The built binding that a package carries; undefined in a checkout. */
export function shippedBinding(): string | undefined {
  return shippedFile(BINDING);
}

/** A built library that a package carries beside its archive (resources/binding); undefined in a checkout. */
export function shippedFile(name: string): string | undefined {
  const file = path.join(path.dirname(appFolder()), 'binding', name);
  return path.extname(appFolder()) === '.asar' && fs.existsSync(file) ? file : undefined;
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
 * Compiles the binding to `folder`/tfjs_binding.node, linked to the two libraries that already lie there; it finds
 * them beside itself (RUNPATH $ORIGIN), so the folder may move.
 * @param include the wheel's tensorflow/include
 * @throws Problem without a compiler, or with the compiler's own words
 */
export async function compileBinding(folder: string, include: string): Promise<void> {
  const compiler = await findCompiler();
  if (!compiler) {
    throw new Problem('The binding to TensorFlow cannot be built: no C++ compiler is installed.', {
      next: 'Install one (Debian, Ubuntu: apt-get install g++) and try again.',
    });
  }
  const modules = path.join(appFolder(), 'node_modules');
  const source = path.join(modules, '@tensorflow', 'tfjs-node-gpu');
  const result = await collect(compiler.program, [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-s', '-DNAPI_VERSION=8'],
    ...[`-I${source}`, `-I${include}`, `-I${path.join(modules, 'node-api-headers', 'include')}`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => path.join(source, 'binding', file)),
    ...['-o', path.join(folder, BINDING), `-L${folder}`],
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN'],
  ]);
  if (!result.ok) {
    throw new Problem(`The binding to TensorFlow cannot be built: ${result.why}.`, {
      next: 'Check the C++ compiler, or set CXX to another one.',
    });
  }
}

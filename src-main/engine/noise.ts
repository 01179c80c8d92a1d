/** What TensorFlow's library says on stderr while it is loaded, before any of its settings can silence it. */
import { Transform } from 'node:stream';

const NOISE = [
  /^WARNING: All log messages before absl::InitializeLog\(\)/,
  /^I0000 .*\] (oneDNN custom operations are on|This TensorFlow binary is optimized)/,
  /^To enable the following instructions: /,
];

/**
 * A stream that passes a worker's stderr on, line by line, without those lines:
 * `worker.stderr.pipe(withoutNoise()).pipe(process.stderr)`.
 */
export function withoutNoise(): Transform {
  let rest = '';
  const kept = (line: string) => !NOISE.some((pattern) => pattern.test(line));
  return new Transform({
    decodeStrings: false,
    transform(piece: Buffer | string, _encoding, next) {
      // Progress rewrites its line with \r and never ends it, so what cannot be noise is passed on at once.
      const lines = (rest + piece.toString()).split('\n');
      rest = lines.pop() ?? '';
      let out = lines.filter(kept).map((line) => `${line}\n`);
      if (!/^[WIT]/.test(rest)) {
        out = [...out, rest];
        rest = '';
      }
      next(null, out.join(''));
    },
    flush(done) {
      done(null, kept(rest) ? rest : '');
    },
  });
}

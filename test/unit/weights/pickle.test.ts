import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { PyDict, unpickle } from '../../../src-main/weights/pickle.ts';
import { expected, type Piece, pickle, text } from './make.ts';

const options = {
  where: 'file.pth',
  globals: new Map<string, unknown>([['collections.OrderedDict', () => new PyDict()]]),
  persistent: (id: unknown) => ({ id }),
};
const read = (...pieces: Piece[]) => unpickle(pickle(...pieces), options).value;

/** Dicts as objects, for comparison with JSON. */
function simple(value: unknown): unknown {
  if (value instanceof PyDict) return Object.fromEntries([...value].map(([key, inner]) => [key, simple(inner)]));
  return Array.isArray(value) ? value.map(simple) : value;
}

test.each([0, 1, 2, 3, 4, 5])('reads what Python writes in protocol %i', (protocol) => {
  const bytes = Buffer.from(expected.pickles.hex[protocol], 'hex');
  const { value, end } = unpickle(bytes, options);
  expect(simple(value)).toEqual(expected.pickles.value);
  expect(end).toBe(bytes.length);
});

describe('names that are not listed are refused by name', () => {
  const attacks: [string, Uint8Array][] = [
    ['posix.system', Buffer.from('cposix\nsystem\n(Vtouch /tmp/owned\ntR.')],
    ['posix.system', pickle(text('posix'), text('system'), '\x93', [text('touch /tmp/owned')], 'R')],
    ['builtins.eval', pickle('cbuiltins\neval\n', [text('1')], 'R')],
    ['os.popen', Buffer.from("(S'ls'\nios\npopen\n.")],
    ['subprocess.Popen', Buffer.from("(csubprocess\nPopen\nS'ls'\no.")],
    ['collections.OrderedDict.__init__', pickle('ccollections\nOrderedDict.__init__\n')],
    ['__proto__.constructor', pickle('c__proto__\nconstructor\n)R')],
    ['a name from the copyreg extension registry', pickle('\x82\x01')],
  ];
  test.each(attacks)('%s', (name, bytes) => {
    expect(() => unpickle(bytes, options)).toThrow(`Refused: file.pth asks to run ${name},`);
  });

  test('also when Python itself made the pickle', () => {
    const make = (reduce: string) =>
      `import pickle,os,sys\nclass A:\n  def __reduce__(self): return ${reduce}\nsys.stdout.buffer.write(pickle.dumps(A()))`;
    let bytes: Buffer;
    try {
      bytes = execFileSync('python3', ['-c', make("(os.system, ('exit 3',))")]);
    } catch {
      bytes = Buffer.from(
        '80049520000000000000008c05706f736978948c0673797374656d9493948c06657869742033948594529430',
        'hex',
      );
    }
    expect(() => unpickle(bytes, options)).toThrow('asks to run posix.system,');
  });
});

describe('what is not valid is said', () => {
  const broken: [string, Piece[]][] = [
    ['takes from an empty stack', []],
    ['takes from an empty stack', ['(']],
    ['takes from an empty stack', ['0']],
    ['looks for a mark', ['t']],
    ['cannot be called', ['N)R']],
    ['cannot be called', ['))R']],
    ['appends to something', ['NNa']],
    ['sets items', [')NNs']],
    ['sets items', ['}(Nu']],
    ['never stored', ['h\x07']],
    ['unknown opcode 0xff', ['\xff']],
    ['protocol newer than 5', ['\x80\x06']],
    ['arguments that are not a tuple', ['ccollections\nOrderedDict\nNR']],
    ['sets attributes', [')}b']],
    ['number that cannot be read', ['I12x\n']],
    ['number that cannot be read', [`L${'9'.repeat(100000)}\n`]],
    ['number that cannot be read', ['\x8b\x00\x01\x00\x00', 'x'.repeat(256)]],
    ['number that cannot be read', ['Ftoast\n']],
    ['name that is not text', ['NN\x93']],
  ];
  test.each(broken)('%s', (words, pieces) => {
    expect(() => read(...pieces)).toThrow(words);
  });

  test('a length beyond the file does not allocate', () => {
    expect(() => read('X\xff\xff\xff\xff')).toThrow('ends too early');
    expect(() => read('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f')).toThrow('ends too early');
    expect(() => unpickle(Buffer.from('cno newline'), options)).toThrow('ends too early');
  });

  test('a pickle of endless dicts stops', () => {
    expect(() => unpickle(Buffer.alloc(2_000_000, '}'), options)).toThrow('more than 1000000');
  });
});

test('any bytes end in a value or a Problem', () => {
  const opcodes = fc.constantFrom(
    ...'(0.12NILJKMFGSTUVXBC]ltae}dsupqrghjcioRbPQ\x80\x81\x85\x86\x87\x88\x89\x8a\x8c\x8f\x90\x91\x93\x94\x95',
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(
        fc.oneof(opcodes, fc.constant('collections\n'), fc.constant('OrderedDict\n'), fc.string({ maxLength: 3 })),
        { maxLength: 80 },
      )
      .map((parts) => Buffer.from(parts.join(''), 'latin1')),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      try {
        unpickle(input, options);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});

/**
 * A reader of Python pickles that imports nothing and calls nothing of Python. A pickle is a program for a small stack
 * machine (opcodes: Python's `pickletools`); this machine knows the opcodes that build data, and of the names that a
 * pickle asks for only those that the caller lists. Any other name is refused, said in words.
 */
import { Problem } from '../contract/problem.ts';
import { PickleCursor } from './pickle-cursor.ts';

/** What stands for a Python callable: gets the arguments, returns a plain value. */
export type PickleFunction = (...args: unknown[]) => unknown;

/** A Python dict or OrderedDict. */
export class PyDict extends Map<unknown, unknown> {}

export interface PickleOptions {
  /** The file, for messages. */
  where: string;
  /** Names that may be asked for (`module.name`), with what stands for each. Functions may be called, others not. */
  globals: ReadonlyMap<string, unknown>;
  /** What a persistent id stands for (PyTorch: a storage). */
  persistent: (id: unknown) => unknown;
}

/** The most dicts, lists and tuples in one pickle: a million are some hundred megabytes. */
const MAX_CONTAINERS = 1_000_000;

const MARK = Symbol('mark');

/**
 * Reads one pickle of protocol 0 to 5.
 * @param bytes the pickle, from `start` on; what follows its STOP is left alone
 * @returns the value (dict → PyDict, list and tuple → array, bytes → Uint8Array, set → Set) and where the pickle ended
 * @throws Problem where it is cut short, broken, or asks for a name that is not listed
 */
export function unpickle(bytes: Uint8Array, options: PickleOptions, start = 0): { value: unknown; end: number } {
  return new Unpickler(bytes, options, start).run();
}

class Unpickler {
  private readonly cursor: PickleCursor;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private containers = 0;
  private readonly options: PickleOptions;

  constructor(bytes: Uint8Array, options: PickleOptions, start: number) {
    this.cursor = new PickleCursor(bytes, options.where, start);
    this.options = options;
  }

  run(): { value: unknown; end: number } {
    for (;;) {
      const opcode = this.cursor.byte();
      if (opcode === 0x2e) return { value: this.pop(), end: this.cursor.at };
      this.step(opcode);
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      // Framing and the stack itself
      case 0x80: // PROTO
        if (this.cursor.byte() > 5) this.cursor.broken('it is of a protocol newer than 5');
        return;
      case 0x95: // FRAME: only a hint to readers that buffer
        this.cursor.skip(8);
        return;
      case 0x28: // MARK
        this.stack.push(MARK);
        return;
      case 0x30: // POP
        if (this.stack.length === 0) this.cursor.broken('it takes from an empty stack');
        this.stack.pop();
        return;
      case 0x31: // POP_MARK
        this.sinceMark();
        return;
      case 0x32: // DUP
        this.stack.push(this.top());
        return;

      // Numbers and constants
      case 0x4e: // NONE
        this.stack.push(null);
        return;
      case 0x88: // NEWTRUE
        this.stack.push(true);
        return;
      case 0x89: // NEWFALSE
        this.stack.push(false);
        return;
      case 0x49: {
        // INT: protocol 0 writes True and False as 01 and 00
        const text = this.cursor.line();
        this.stack.push(text === '01' ? true : text === '00' ? false : this.cursor.decimal(text));
        return;
      }
      case 0x4c: // LONG
        this.stack.push(this.cursor.decimal(this.cursor.line().replace(/L$/, '')));
        return;
      case 0x4a: // BININT
        this.stack.push(this.cursor.int32());
        return;
      case 0x4b: // BININT1
        this.stack.push(this.cursor.byte());
        return;
      case 0x4d: // BININT2
        this.stack.push(this.cursor.uint16());
        return;
      case 0x8a: // LONG1
        this.stack.push(this.cursor.integer(this.cursor.byte()));
        return;
      case 0x8b: // LONG4
        this.stack.push(this.cursor.integer(this.cursor.length4()));
        return;
      case 0x46: // FLOAT
        this.stack.push(this.cursor.float(this.cursor.line()));
        return;
      case 0x47: // BINFLOAT
        this.stack.push(this.cursor.float64());
        return;

      // Text and bytes
      case 0x53: // STRING
        this.stack.push(this.cursor.quoted(this.cursor.line()));
        return;
      case 0x54: // BINSTRING
        this.stack.push(this.cursor.text(this.cursor.length4(), 'latin1'));
        return;
      case 0x55: // SHORT_BINSTRING
        this.stack.push(this.cursor.text(this.cursor.byte(), 'latin1'));
        return;
      case 0x56: // UNICODE
        this.stack.push(this.cursor.escaped());
        return;
      case 0x58: // BINUNICODE
        this.stack.push(this.cursor.text(this.cursor.length4(), 'utf8'));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.stack.push(this.cursor.text(this.cursor.byte(), 'utf8'));
        return;
      case 0x8d: // BINUNICODE8
        this.stack.push(this.cursor.text(this.cursor.length8(), 'utf8'));
        return;
      case 0x42: // BINBYTES
        this.stack.push(this.cursor.bytes(this.cursor.length4()));
        return;
      case 0x43: // SHORT_BINBYTES
        this.stack.push(this.cursor.bytes(this.cursor.byte()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.stack.push(this.cursor.bytes(this.cursor.length8()));
        return;

      // Containers
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
        this.stack.push(this.made([]));
        return;
      case 0x6c: // LIST
      case 0x74: // TUPLE
        this.stack.push(this.made(this.sinceMark()));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.stack.push(this.made(this.popMany(opcode - 0x84)));
        return;
      case 0x61: // APPEND
        this.append([this.pop()]);
        return;
      case 0x65: // APPENDS
        this.append(this.sinceMark());
        return;
      case 0x7d: // EMPTY_DICT
        this.stack.push(this.made(new PyDict()));
        return;
      case 0x64: {
        // DICT
        const items = this.sinceMark();
        this.stack.push(this.made(new PyDict()));
        this.setItems(items);
        return;
      }
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        return;
      case 0x75: // SETITEMS
        this.setItems(this.sinceMark());
        return;
      case 0x8f: // EMPTY_SET
        this.stack.push(this.made(new Set()));
        return;
      case 0x90: {
        // ADDITEMS
        const items = this.sinceMark();
        const set = this.top();
        if (!(set instanceof Set)) this.cursor.broken('it adds to something that is not a set');
        for (const item of items) (set as Set<unknown>).add(item);
        return;
      }
      case 0x91: // FROZENSET
        this.stack.push(this.made(new Set(this.sinceMark())));
        return;

      // Memo
      case 0x70: // PUT
        this.memo.set(this.cursor.index(this.cursor.line()), this.top());
        return;
      case 0x71: // BINPUT
        this.memo.set(this.cursor.byte(), this.top());
        return;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.cursor.length4(), this.top());
        return;
      case 0x94: // MEMOIZE
        this.memo.set(this.memo.size, this.top());
        return;
      case 0x67: // GET
        this.recall(this.cursor.index(this.cursor.line()));
        return;
      case 0x68: // BINGET
        this.recall(this.cursor.byte());
        return;
      case 0x6a: // LONG_BINGET
        this.recall(this.cursor.length4());
        return;

      // Names, and what would run them
      case 0x63: // GLOBAL
        this.stack.push(this.global(this.cursor.line(), this.cursor.line()));
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.popMany(2);
        if (typeof module !== 'string' || typeof name !== 'string')
          this.cursor.broken('it asks for a name that is not text');
        this.stack.push(this.global(module as string, name as string));
        return;
      }
      case 0x69: {
        // INST
        const callable = this.global(this.cursor.line(), this.cursor.line());
        this.call(callable, this.sinceMark());
        return;
      }
      case 0x6f: {
        // OBJ
        const [callable, ...args] = this.sinceMark();
        this.call(callable, args);
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ: for the classes that are listed, the same as a call
        const [callable, args] = this.popMany(2);
        if (!Array.isArray(args)) this.cursor.broken('it calls with arguments that are not a tuple');
        this.call(callable, args as unknown[]);
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callable, args, named] = this.popMany(3);
        if (!Array.isArray(args) || !(named instanceof PyDict) || named.size)
          this.cursor.broken('it calls with named arguments');
        this.call(callable, args as unknown[]);
        return;
      }
      case 0x62: {
        // BUILD: PyTorch's state dicts carry `_metadata` this way, which says nothing of the weights
        this.pop();
        const target = this.top();
        if (!(target instanceof PyDict)) this.cursor.broken('it sets attributes of something that is not a dict');
        return;
      }
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw this.refusal('a name from the copyreg extension registry');
      case 0x50: // PERSID
        this.stack.push(this.options.persistent(this.cursor.line()));
        return;
      case 0x51: // BINPERSID
        this.stack.push(this.options.persistent(this.pop()));
        return;
      default:
        this.cursor.broken(`it holds the unknown opcode 0x${opcode.toString(16).padStart(2, '0')}`);
    }
  }

  private global(module: string, name: string): unknown {
    const full = `${module}.${name}`;
    const value = this.options.globals.get(full);
    if (value === undefined) throw this.refusal(full);
    return value;
  }

  private call(callable: unknown, args: unknown[]): void {
    if (typeof callable !== 'function') this.cursor.broken('it calls something that cannot be called');
    this.stack.push(this.made((callable as PickleFunction)(...args.slice(0, 32))));
  }

  private append(items: unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) this.cursor.broken('it appends to something that is not a list');
    for (const item of items) (list as unknown[]).push(item);
  }

  private setItems(items: unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof PyDict) || items.length % 2)
      this.cursor.broken('it sets items of something that is not a dict');
    for (let i = 0; i < items.length; i += 2) (dict as PyDict).set(items[i], items[i + 1]);
  }

  private made<T>(value: T): T {
    if (++this.containers > MAX_CONTAINERS) this.cursor.broken(`it holds more than ${MAX_CONTAINERS} lists and dicts`);
    return value;
  }

  private recall(index: number): void {
    if (!this.memo.has(index)) this.cursor.broken('it recalls something that it never stored');
    this.stack.push(this.memo.get(index));
  }

  private top(): unknown {
    const value = this.stack.at(-1);
    if (value === undefined || value === MARK) this.cursor.broken('it takes from an empty stack');
    return value;
  }

  private pop(): unknown {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  private popMany(count: number): unknown[] {
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(this.pop());
    return values.reverse();
  }

  private sinceMark(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) this.cursor.broken('it looks for a mark that is not there');
    const items = this.stack.splice(mark);
    items.shift();
    return items;
  }

  private refusal(name: string): Problem {
    return new Problem(`Refused: ${this.options.where} asks to run ${name}, which has no part in reading weights.`, {
      where: this.options.where,
      next: 'Stillroom runs nothing from a file. Save only the weights with torch.save(model.state_dict(), FILE) and take that.',
    });
  }
}

/** Reading zip archives that strangers made: by range, with limits, every entry checked against its CRC-32. */
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { fileProblem } from '../base/files.ts';
import { Problem } from '../contract/problem.ts';

const MAX_ENTRIES = 100_000;
/** What all entries may take unpacked: so much in any case, or so many times the file's own size. */
const MAX_UNPACKED = 256 * 2 ** 20;
const MAX_RATIO = 20;

/** An open archive; `close` it when done. */
export class Archive {
  private readonly zip: ZipFile;
  private readonly entries: Map<string, Entry>;
  private readonly where: string;

  private constructor(zip: ZipFile, entries: Map<string, Entry>, where: string) {
    this.zip = zip;
    this.entries = entries;
    this.where = where;
  }

  /**
   * Opens an archive and reads its directory. Nothing is unpacked.
   * @throws Problem where it is not a whole zip archive, names one entry twice, or would unpack to far more than itself
   */
  static async open(file: string): Promise<Archive> {
    let zip: ZipFile;
    try {
      zip = await openPromise(file, { autoClose: false, lazyEntries: true });
    } catch (error) {
      throw damaged(file, error);
    }
    try {
      return new Archive(zip, await directory(zip, file), file);
    } catch (error) {
      zip.close();
      throw error instanceof Problem ? error : damaged(file, error);
    }
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  /** Bytes of an entry unpacked, or undefined where there is none of this name. */
  size(name: string): number | undefined {
    return this.entries.get(name)?.uncompressedSize;
  }

  /**
   * One entry, unpacked.
   * @throws Problem where it is missing, longer or shorter than it says, or does not match its checksum
   */
  async read(name: string): Promise<Uint8Array> {
    const entry = this.entries.get(name);
    if (!entry) throw damaged(this.where, `${name} is not in it`);
    try {
      const out = new Uint8Array(entry.uncompressedSize);
      let at = 0;
      for await (const chunk of await this.zip.openReadStreamPromise(entry)) {
        out.set(chunk as Buffer, at);
        at += (chunk as Buffer).length;
      }
      if (at !== out.length) throw new Error(`${name} is shorter than it says`);
      if (crc32(out) !== entry.crc32) throw new Error(`${name} does not match its checksum`);
      return out;
    } catch (error) {
      throw damaged(this.where, error);
    }
  }

  close(): void {
    this.zip.close();
  }
}

/** The archive's entries by name, folders left out. */
async function directory(zip: ZipFile, where: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  const limit = Math.max(MAX_UNPACKED, MAX_RATIO * zip.fileSize);
  if (zip.entryCount > MAX_ENTRIES) throw tooMuch(where, `holds ${zip.entryCount} files`);
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    if (entries.has(entry.fileName)) throw damaged(where, `it holds ${entry.fileName} twice`);
    if (entry.isEncrypted())
      throw new Problem(`${where} is encrypted.`, { where, next: 'Unpack it with its password first.' });
    total += entry.uncompressedSize;
    if (total > limit) throw tooMuch(where, `would unpack to more than ${Math.round(limit / 2 ** 20)} MB`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

function tooMuch(where: string, what: string): Problem {
  return new Problem(`Refused: ${where} ${what}, which no file of weights or arrays does.`, {
    where,
    next: 'Check where the file comes from.',
  });
}

/** What is wrong with an archive, as a Problem; the system's own errors in their own words. */
function damaged(where: string, error: unknown): Problem {
  if (error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string') {
    return fileProblem(error, where, 'read');
  }
  const why = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
  return new Problem(`${where} is not a whole zip archive: ${why}.`, {
    where,
    next: 'Copy or download the file again.',
    cause: error,
  });
}

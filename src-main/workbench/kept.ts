/** Arrays that were computed for the window and that it fetches by a key. */
import { randomBytes } from 'node:crypto';
import type { Planes } from './resources.ts';

export class Kept {
  private readonly planes = new Map<string, Planes>();
  private readonly most: number;
  private bytes = 0;

  /** @param most bytes that are kept; the least lately used go first, but never the newest */
  constructor(most: number) {
    this.most = most;
  }

  /** @returns its key */
  keep(planes: Planes): string {
    const key = randomBytes(12).toString('hex');
    this.planes.set(key, planes);
    this.bytes += planes.bytes.byteLength;
    for (const [oldest, old] of this.planes) {
      if (this.bytes <= this.most || oldest === key) break;
      this.planes.delete(oldest);
      this.bytes -= old.bytes.byteLength;
    }
    return key;
  }

  /** Null where it is gone. */
  find(key: string): Planes | null {
    const found = this.planes.get(key);
    if (!found) return null;
    this.planes.delete(key);
    this.planes.set(key, found);
    return found;
  }

  clear(): void {
    this.planes.clear();
    this.bytes = 0;
  }
}

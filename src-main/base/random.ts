/**
 * Random numbers without state: each is a function of a seed, the word for what it is used for, and whole-number
 * counters (step, index, …). So nothing has to be saved for a resume, and draws may be made in any order.
 * The mixing is MurmurHash3's 32-bit form (A. Appleby, public domain), fed with the words in turn.
 */

const purposes = new Map<string, number>();

/** FNV-1a of the purpose's UTF-16 units; kept, for the same few words are drawn from millions of times. */
function purposeWord(purpose: string): number {
  let word = purposes.get(purpose);
  if (word === undefined) {
    word = 0x811c9dc5;
    for (let i = 0; i < purpose.length; i++) word = Math.imul(word ^ purpose.charCodeAt(i), 0x01000193);
    purposes.set(purpose, word);
  }
  return word;
}

function mix(state: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = state ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/**
 * 32 random bits.
 * @param seed a whole number from 0 to 2⁵³ − 1
 * @param purpose a word that separates this use from all others ("shuffle", "flip", …)
 * @param counters whole numbers from 0 to 2³² − 1
 * @returns a whole number from 0 to 2³² − 1
 */
export function randomBits(seed: number, purpose: string, ...counters: number[]): number {
  let h = mix(mix(purposeWord(purpose), seed | 0), Math.floor(seed / 0x100000000) | 0);
  for (const counter of counters) h = mix(h, counter | 0);
  h ^= counters.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number in [0, 1), in steps of 2⁻³². Parameters as for `randomBits`. */
export function randomUniform(seed: number, purpose: string, ...counters: number[]): number {
  return randomBits(seed, purpose, ...counters) / 0x100000000;
}

/** A number from the standard normal distribution (Box–Muller). Parameters as for `randomBits`. */
export function randomNormal(seed: number, purpose: string, ...counters: number[]): number {
  const radius = Math.sqrt(-2 * Math.log(1 - randomUniform(seed, purpose, ...counters, 0)));
  return radius * Math.cos(2 * Math.PI * randomUniform(seed, purpose, ...counters, 1));
}

/** The numbers 0 … n − 1 in random order (Fisher–Yates). Parameters as for `randomBits`. */
export function randomOrder(n: number, seed: number, purpose: string, ...counters: number[]): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(randomUniform(seed, purpose, ...counters, i) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** How much the pixels of each class count where rare classes are to count more. */

/**
 * 1 / ln(1.02 + share), over its largest value, so that a class that was never seen has 1 and one that is everywhere
 * 0.03 (Paszke et al., ENet, arXiv 1606.02147, section 5.2).
 * @param pixels labelled pixels of each class
 */
export function rarityWeights(pixels: readonly number[]): Float64Array {
  const all = pixels.reduce((sum, n) => sum + n, 0);
  const least = Math.log(1.02);
  return Float64Array.from(pixels, (n) => least / Math.log(1.02 + (all > 0 ? n / all : 0)));
}

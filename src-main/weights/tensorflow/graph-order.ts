/** The order in which nodes that depend on each other are read. */

/**
 * The nodes that some depend on, each after what it reads, without recursion: files decide how deep they lie.
 * @param before what a node reads
 * @param circle the refusal of a node that depends on itself
 */
export function inOrder<Node extends object>(
  ends: readonly Node[],
  before: (node: Node) => readonly Node[],
  circle: (node: Node) => Error,
): Node[] {
  const result: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const stack = [...ends].reverse();
  while (stack.length > 0) {
    const node = stack[stack.length - 1];
    if (state.get(node) === 'done') {
      stack.pop();
      continue;
    }
    if (state.get(node) === 'open') {
      state.set(node, 'done');
      result.push(node);
      stack.pop();
      continue;
    }
    state.set(node, 'open');
    for (const one of before(node)) {
      if (state.get(one) === 'open') throw circle(one);
      if (!state.has(one)) stack.push(one);
    }
  }
  return result;
}

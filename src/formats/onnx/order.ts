import { ModelLockError } from '../../base/error.ts';

/** What the order of nodes depends on. Names are those of tensors; '' is an input left out. */
export interface OrderedNode {
  /** For messages. */
  readonly label: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The nodes in an order in which they can be computed. Throws `corrupt`, naming the node, where a
 * name is given twice, an input comes from nowhere, or nodes wait for each other.
 *
 * @param given the names of inputs and initialisers.
 */
export function inOrder<N extends OrderedNode>(
  nodes: readonly N[],
  given: Iterable<string>,
  where: string,
): readonly N[] {
  const fail = (what: string): never => {
    throw new ModelLockError('corrupt', `${where}: ${what}`);
  };
  const known = new Set(given);
  const producers = new Map<string, N>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === '') continue;
      if (known.has(name) || producers.has(name)) fail(`${node.label} gives "${name}" once more`);
      producers.set(name, node);
    }
  }
  const waiting = new Map<N, number>();
  const users = new Map<N, N[]>();
  for (const node of nodes) {
    const sources = new Set<N>();
    for (const name of node.inputs) {
      if (name === '' || known.has(name)) continue;
      const source =
        producers.get(name) ?? fail(`${node.label} takes "${name}", which nothing gives`);
      sources.add(source);
    }
    waiting.set(node, sources.size);
    for (const source of sources) {
      const others = users.get(source);
      if (others) others.push(node);
      else users.set(source, [node]);
    }
  }
  const ready = nodes.filter((node) => waiting.get(node) === 0);
  for (const node of ready) {
    for (const user of users.get(node) ?? []) {
      const left = waiting.get(user)! - 1;
      waiting.set(user, left);
      if (left === 0) ready.push(user);
    }
  }
  const stuck = nodes.find((node) => waiting.get(node)! > 0);
  if (stuck) fail(`${stuck.label} waits for itself: the graph has a cycle`);
  return isOrdered(nodes, producers) ? nodes : ready;
}

/** Whether every node comes after those that it depends on, as ONNX demands of files. */
function isOrdered<N extends OrderedNode>(
  nodes: readonly N[],
  producers: ReadonlyMap<string, N>,
): boolean {
  const done = new Set<N>();
  return nodes.every((node) => {
    const ready = node.inputs.every((name) => {
      const source = producers.get(name);
      return source === undefined || done.has(source);
    });
    done.add(node);
    return ready;
  });
}

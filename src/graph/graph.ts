import { ModelLockError } from '../base/error.ts';
import type { Node, Value } from './value.ts';

/** Everything that some outputs depend on, in an order in which it can be computed. */
export interface Graph {
  /** In order of first use. */
  readonly inputs: ReadonlyMap<string, Value>;
  readonly parameters: ReadonlyMap<string, Value>;
  readonly constants: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<string, Value>;
}

/**
 * The graph that computes `outputs`. What no output needs is not in it, so there is no pass that
 * removes dead nodes. Throws `shape` when two different leaves bear one name.
 */
export function graphOf(outputs: Readonly<Record<string, Value>>): Graph {
  const leaves = new Map<string, Value>();
  const constants = new Map<object, Value>();
  const nodes: Node[] = [];
  visit(Object.values(outputs), (value) => {
    const { producer } = value;
    switch (producer.kind) {
      case 'input':
      case 'parameter':
        return addLeaf(leaves, producer.name, value);
      case 'constant':
        return void constants.set(producer, value);
      case 'node':
        return void nodes.push(producer);
    }
  });
  return {
    inputs: ofKind(leaves, 'input'),
    parameters: ofKind(leaves, 'parameter'),
    constants: [...constants.values()],
    nodes,
    outputs: new Map(Object.entries(outputs)),
  };
}

function addLeaf(leaves: Map<string, Value>, name: string, value: Value): void {
  const known = leaves.get(name);
  if (known && known.producer !== value.producer) {
    throw new ModelLockError('shape', `two leaves of the graph are called "${name}"`);
  }
  leaves.set(name, value);
}

function ofKind(
  leaves: ReadonlyMap<string, Value>,
  kind: 'input' | 'parameter',
): ReadonlyMap<string, Value> {
  return new Map([...leaves].filter(([, { producer }]) => producer.kind === kind));
}

/** Calls `each` once per producer, inputs before what uses them. Not recursive: graphs are deep. */
export function visit(roots: readonly Value[], each: (value: Value) => void): void {
  const done = new Set<object>();
  const open = new Set<object>();
  const stack = [...roots].reverse();
  for (let value = stack.at(-1); value; value = stack.at(-1)) {
    const { producer } = value;
    if (done.has(producer)) {
      stack.pop();
      continue;
    }
    if (producer.kind === 'node' && !open.has(producer)) {
      open.add(producer);
      for (const source of [...producer.inputs].reverse()) {
        if (source && !done.has(source.producer)) stack.push(source);
      }
      continue;
    }
    done.add(producer);
    stack.pop();
    each(value);
  }
}

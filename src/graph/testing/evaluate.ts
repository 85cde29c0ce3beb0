import { Session, type Tensors } from '../../runtime/session.ts';
import { graphOf } from '../graph.ts';
import type { Value } from '../value.ts';

/** Computes the outputs, giving the graph those of `feeds` that it asks for. */
export async function evaluate(
  outputs: Readonly<Record<string, Value>>,
  feeds: Tensors = {},
): Promise<Tensors> {
  const run = await compile(outputs);
  try {
    return await run.compute(feeds);
  } finally {
    await run.dispose();
  }
}

/** As `evaluate`, for graphs that are run more than once. */
export async function compile(outputs: Readonly<Record<string, Value>>): Promise<{
  compute: (feeds: Tensors) => Promise<Tensors>;
  dispose: () => Promise<void>;
}> {
  const session = await Session.create(graphOf(outputs), { threads: 1 });
  const wanted = new Set(session.inputNames);
  return {
    compute: (feeds) =>
      session.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)))),
    dispose: () => session.dispose(),
  };
}

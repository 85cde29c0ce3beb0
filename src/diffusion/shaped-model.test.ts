import { afterEach, describe, expect, it, vi } from 'vitest';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { input } from '../graph/value.ts';
import { Session } from '../runtime/session.ts';
import { float32 } from '../tensor/tensor.ts';
import { ShapedModel } from './shaped-model.ts';

/** y = x + x, but not for a length of 13. */
const build = ([size]: readonly [number]): Graph => {
  if (size === 13) throw new Error('an unlucky shape');
  const x = input('x', 'float32', [size]);
  return graphOf({ y: add(x, x) });
};
const modelOf = (sessions: number): ShapedModel<readonly [number]> =>
  new ShapedModel(build, () => Promise.resolve(new Map()), { sessions });

/** The first number of the result. */
async function run(model: ShapedModel<readonly [number]>, size: number): Promise<unknown> {
  const { y } = await model.run([size], { x: float32([size], new Array<number>(size).fill(size)) });
  return y.data[0];
}

describe('ShapedModel', () => {
  afterEach(() => vi.restoreAllMocks());

  it('makes one session for runs of one shape that are asked for at once', async () => {
    const create = vi.spyOn(Session, 'create');
    const dispose = vi.spyOn(Session.prototype, 'dispose');
    const model = modelOf(2);
    expect(await Promise.all([1, 2, 2, 1].map((size) => run(model, size)))).toEqual([2, 4, 4, 2]);
    expect(create).toHaveBeenCalledTimes(2);
    await model.dispose();
    expect(dispose).toHaveBeenCalledTimes(2);
  });

  it('gives none back while there is room', async () => {
    const create = vi.spyOn(Session, 'create');
    const model = modelOf(4);
    for (const size of [1, 2, 3, 1]) await run(model, size);
    expect(create).toHaveBeenCalledTimes(3);
    await model.dispose();
  });

  it('gives back the session used longest ago, none while it runs', async () => {
    const create = vi.spyOn(Session, 'create');
    const dispose = vi.spyOn(Session.prototype, 'dispose');
    const model = modelOf(1);
    const runs = [1, 2, 1].map((size) => run(model, size));
    const disposed = model.dispose();
    expect(await Promise.all([...runs, run(model, 3)])).toEqual([2, 4, 2, 6]);
    await disposed;
    await model.dispose();
    expect(create).toHaveBeenCalledTimes(4);
    expect(dispose).toHaveBeenCalledTimes(4);
  });

  it('fails for a shape that cannot be built, and for no other', async () => {
    const model = modelOf(1);
    const [unlucky, other] = await Promise.allSettled([run(model, 13), run(model, 2)]);
    expect(unlucky).toMatchObject({ reason: { message: 'an unlucky shape' } });
    expect(other).toMatchObject({ value: 4 });
    await model.dispose();
  });
});

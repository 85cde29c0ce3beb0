import { expect, it } from 'vitest';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { StagedModel } from './staged-model.ts';

/** y = x + w text; the names of the weights that sessions were made with are written down. */
function modelOf(names: readonly string[]): { model: StagedModel<[number]>; sessions: string[][] } {
  const sessions: string[][] = [];
  const w = float32([1], [10]);
  const build = ([size]: [number]): Graph => {
    const [x, text] = ['x', 'text'].map((name) => input(name, 'float32', [size]));
    return graphOf({ y: add(x, mul(text, parameter('w', [1]))) });
  };
  const weights = async ({ parameters }: Graph) => {
    sessions.push([...parameters.keys()]);
    return new Map([['w', { ...w, read: () => Promise.resolve(w) }]]);
  };
  return { model: new StagedModel(build, names, weights), sessions };
}

const run = async (model: StagedModel<[number]>, x: number[], text: Tensor): Promise<number[]> => {
  const { y } = await model.run([x.length], { x: float32([x.length], x), text });
  return [...(y.data as Float32Array)];
};

it('computes what stays the same once, and anew for another text or shape', async () => {
  const { model, sessions } = modelOf(['text']);
  const text = float32([2], [1, 2]);
  expect(await run(model, [1, 1], text)).toEqual([11, 21]);
  expect(sessions).toEqual([['w'], []]);
  // A tensor that was written to would not be noticed: nobody writes to tensors.
  text.data.fill(0);
  expect(await run(model, [2, 2], text)).toEqual([12, 22]);
  expect(await run(model, [2, 2], float32([2], [3, 4]))).toEqual([32, 42]);
  expect(await run(model, [1], float32([1], [5]))).toEqual([51]);
  expect(sessions).toHaveLength(4);
  await model.dispose();
  expect(await run(model, [2, 2], text)).toEqual([2, 2]);
  await model.dispose();
});

it('needs no first stage where nothing stays the same', async () => {
  const { model } = modelOf(['other']);
  expect(await run(model, [1, 1], float32([2], [1, 2]))).toEqual([11, 21]);
  await model.dispose();
});

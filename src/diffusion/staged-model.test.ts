import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { waves } from '../graph/testing/finite-differences.ts';
import { unet2dCondition, unetConfig } from '../nn/models/diffusion/unet-2d-condition.ts';
import { initialise, Scope } from '../nn/scope.ts';
import { Session } from '../runtime/session.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { PartWeights } from './part-weights.ts';
import { StagedModel } from './staged-model.ts';

const storedOf = (weights: ReadonlyMap<string, Tensor>): PartWeights =>
  new Map([...weights].map(([name, t]) => [name, { ...t, read: () => Promise.resolve(t) }]));

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
    return storedOf(new Map([['w', w]]));
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

it('builds and cuts the graph of a shape once', async () => {
  let built = 0;
  const build = ([size]: [number]): Graph => {
    built++;
    const [x, text] = ['x', 'text'].map((name) => input(name, 'float32', [size]));
    return graphOf({ y: add(x, mul(text, text)) });
  };
  const model = new StagedModel(build, ['text'], () => Promise.resolve(new Map()));
  expect(await run(model, [1, 1], float32([2], [1, 2]))).toEqual([2, 5]);
  expect(built).toBe(1);
  expect(await run(model, [1], float32([1], [3]))).toEqual([10]);
  expect(built).toBe(2);
  await model.dispose();
});

it('needs no first stage where nothing stays the same', async () => {
  const { model } = modelOf(['other']);
  expect(await run(model, [1, 1], float32([2], [1, 2]))).toEqual([11, 21]);
  await model.dispose();
});

describe('a U-Net', () => {
  const config = unetConfig.parse({
    in_channels: 2,
    out_channels: 2,
    block_out_channels: [4, 8],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    layers_per_block: 1,
    attention_head_dim: 2,
    cross_attention_dim: 6,
    norm_num_groups: 2,
  });
  const build = (scope = Scope.root()): Graph =>
    graphOf({
      output: unet2dCondition(scope, config, {
        sample: input('sample', 'float32', [2, 2, 8, 8]),
        timestep: input('timestep', 'float32', [1]),
        text: input('text', 'float32', [2, 5, 6]),
      }),
    });
  const scope = Scope.root();
  build(scope);
  const parameters = initialise(scope.declared, counterRandom(1));
  const inputs = {
    sample: waves([2, 2, 8, 8]),
    timestep: float32([1], [500]),
    text: waves([2, 5, 6]),
  };

  it('meets its text in the first stage alone, and predicts the same to the byte', async () => {
    const graphs: Graph[] = [];
    const weights = (graph: Graph) => {
      graphs.push(graph);
      return Promise.resolve(storedOf(parameters));
    };
    const staged = new StagedModel(() => build(), ['text'], weights);
    const { output } = await staged.run([2], inputs);
    await staged.dispose();
    const [first, second] = graphs.map((graph) => [...graph.inputs.keys()]);
    expect(first).toEqual(['text']);
    expect(second.filter((name) => !name.startsWith('stage/'))).toEqual(['sample', 'timestep']);

    const whole = await Session.create(build(), { parameters });
    expect(output).toEqual((await whole.run(inputs)).output);
    await whole.dispose();
  });
});

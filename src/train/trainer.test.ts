import { describe, expect, it, test } from 'vitest';
import { add, mul, sub } from '../graph/ops/binary/ops.ts';
import { reduceSumSquare } from '../graph/ops/reduction/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { float32, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { adamW, sgd } from './optimiser.ts';
import type { Objective, StepOptions } from './objective.ts';
import { Trainer } from './trainer.ts';

/** Half the squared distances of a and b to a target: the gradients are the differences. */
function quadratic(): Objective {
  const target = input('target', 'float32', [2]);
  const a = parameter('a', [2]);
  const b = parameter('b', [2]);
  const distance = add(reduceSumSquare(sub(a, target)), reduceSumSquare(sub(b, target)));
  return { loss: mul(distance, 0.5), parameters: new Map(Object.entries({ a, b })) };
}

const target = { target: float32([2], [1, 2]) };
const start = new Map<string, Tensor>([
  ['a', float32([2], [4, -2])],
  ['b', float32([2], [1, 2])],
]);

const create = (options: StepOptions): Promise<Trainer> =>
  Trainer.create(quadratic(), { ...options, threads: 1 }, start);

/** The weights after steps at a learning rate. */
async function after(
  options: StepOptions,
  rates: readonly number[],
  kind?: 'averaged',
): Promise<Record<string, number[]>> {
  const trainer = await create(options);
  for (const rate of rates) await trainer.step(target, rate);
  const weights = [...trainer.weights(kind)].map(([name, t]) => [name, toNumbers(t)] as const);
  await trainer.dispose();
  return Object.fromEntries(weights);
}

const near = (...values: number[]): unknown[] =>
  values.map((value) => expect.closeTo(value, 5) as unknown);

describe.each([
  ['sgd', sgd(), 0.1],
  ['adamw', adamW({ weightDecay: 0 }), 0.3],
] as const)('%s', (_, optimiser, rate) => {
  it('goes down a quadratic', async () => {
    const trainer = await create({ optimiser });
    const losses: number[] = [];
    for (let i = 0; i < 120; i++)
      losses.push((await trainer.step(target, rate))['loss'].data[0] as number);
    await trainer.dispose();
    expect(losses[0]).toBe(12.5);
    expect(losses.at(-1)).toBeLessThan(0.01);
  });

  it('leaves the given weights alone', async () => {
    await after({ optimiser }, [rate]);
    expect(toNumbers(start.get('a')!)).toEqual([4, -2]);
  });
});

test('sgd adds up momentum', async () => {
  // Gradients [3, -4], then of theta [3.7, -1.6]: [2.7, -3.6]; velocity 0.5 * [3, -4] + that.
  const { a } = await after({ optimiser: sgd({ momentum: 0.5 }) }, [0.1, 0.1]);
  expect(a).toEqual(near(3.7 - 0.42, -1.6 + 0.56));
});

test('sgd without momentum keeps no velocity', async () => {
  const trainer = await create({ optimiser: sgd({ momentum: 0 }) });
  await trainer.step(target, 0.1);
  expect([...trainer.snapshot().tensors.keys()]).toEqual(['a', 'b']);
  expect(toNumbers(trainer.weights().get('a')!)).toEqual(near(3.7, -1.6));
  await trainer.dispose();
});

test('nesterov looks ahead', async () => {
  const { a } = await after({ optimiser: sgd({ momentum: 0.5, nesterov: true }) }, [0.1]);
  expect(a).toEqual(near(4 - 0.45, -2 + 0.6));
});

test('adamw first steps by the learning rate, whatever the size of the gradient', async () => {
  const { a } = await after({ optimiser: adamW({ weightDecay: 0 }) }, [0.1]);
  expect(a).toEqual(near(3.9, -1.9));
});

test('weight decay is part of the gradient for sgd, and apart from it for adamw', async () => {
  const ofSgd = await after({ optimiser: sgd({ momentum: 0, weightDecay: 0.5 }) }, [0.1]);
  expect(ofSgd['b']).toEqual(near(0.95, 1.9));
  const ofAdamw = await after({ optimiser: adamW({ weightDecay: 0.5 }) }, [0.1]);
  expect(ofAdamw['b']).toEqual(near(0.95, 1.9));
  expect(ofAdamw['a']).toEqual(near(3.7, -1.8));
});

test('a frozen parameter stays, and a slow one goes slower', async () => {
  const rates: Record<string, number> = { a: 0.5, b: 0 };
  const weights = await after(
    {
      optimiser: sgd({ momentum: 0, weightDecay: 1 }),
      parameterOptions: (name) => ({ learningRate: rates[name], weightDecay: 0 }),
    },
    [0.1],
  );
  expect(weights).toEqual({ a: near(4 - 0.15, -2 + 0.2), b: [1, 2] });
});

test.each([1, 2])('a training of nothing is refused, in %i parts', async (accumulate) => {
  const options = { optimiser: sgd(), parameterOptions: () => ({ learningRate: 0 }), accumulate };
  await expect(create(options)).rejects.toMatchObject({ name: 'ModelLockError', code: 'usage' });
});

test('clipNorm shortens a long gradient and leaves a short one', async () => {
  const optimiser = sgd({ momentum: 0 });
  const short = await after({ optimiser, clipNorm: 1 }, [1]);
  expect(short['a']).toEqual(near(4 - 0.6, -2 + 0.8));
  const long = await after({ optimiser, clipNorm: 10 }, [0.1]);
  expect(long['a']).toEqual(near(3.7, -1.6));
  const trainer = await create({ optimiser, clipNorm: 1 });
  expect(toNumbers((await trainer.step(target, 1))['grad_norm'])).toEqual([5]);
  await trainer.dispose();
});

test('averages follow the weights by their decay', async () => {
  const options = { optimiser: sgd({ momentum: 0 }), emaDecay: 0.75 };
  // Weights 4, 3.7, 3.43: averages 0.75 * 4 + 0.25 * 3.7, and so on.
  const averaged = await after(options, [0.1, 0.1], 'averaged');
  expect(averaged['a'][0]).toBeCloseTo(0.75 * 3.925 + 0.25 * 3.43, 5);
  expect(Object.keys(await after(options, [0.1])).sort()).toEqual(['a', 'b']);
});

test('a parameter without a value is named', async () => {
  const weights = new Map([['a', float32([2], [0, 0])]]);
  const creation = Trainer.create(quadratic(), { optimiser: sgd(), threads: 1 }, weights);
  await expect(creation).rejects.toThrow('no initial value for parameter "b"');
});

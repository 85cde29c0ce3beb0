import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { float32, int64, sizeOf, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { gradients } from '../autodiff/gradients.ts';
import { evaluate } from '../testing/evaluate.ts';
import { expectGradients } from '../testing/expect-gradients.ts';
import { positives, waves, type Sample } from '../testing/finite-differences.ts';
import { cast, rsqrt } from '../ops/elementwise/ops.ts';
import { constant, input, type Value } from '../value.ts';
import { logSigmoid, quickGelu, relu6, silu } from './activations.ts';
import { argSort, flip, repeatInterleave, roll, stack } from './arrange.ts';
import { scaledDotProductAttention } from './attention.ts';
import { einsum } from './einsum.ts';
import { linear } from './linear.ts';
import { bceWithLogits, crossEntropy, huber, klDivergence, l1, mse, smoothL1 } from './losses.ts';
import { batchNormTraining, groupNorm, rmsNorm } from './norm.ts';
import { adaptiveAveragePool } from './pooling.ts';
import { cosineSimilarity, maxAlong, normalise, variance } from './statistics.ts';

/** The values of a function of constants. */
async function valuesOf(y: Value): Promise<number[]> {
  return toNumbers((await evaluate({ y })).y);
}

const numbers = (...values: number[]): Value => constant(float32([values.length], values));
const labels = (...values: number[]): Value => constant(int64([values.length], values));

describe('activations', () => {
  test('do not overflow', async () => {
    const x = numbers(-200, 0, 200);
    expect(await valuesOf(silu(x))).toEqual([expect.closeTo(0), 0, 200]);
    expect(await valuesOf(logSigmoid(x))).toEqual([
      -200,
      expect.closeTo(-Math.LN2),
      expect.closeTo(0),
    ]);
    expect(await valuesOf(relu6(x))).toEqual([0, 0, 6]);
    expect(await valuesOf(rsqrt(numbers(4)))).toEqual([0.5]);
  });
});

describe('rearranging', () => {
  const x = constant(float32([2, 3], [1, 2, 3, 4, 5, 6]));
  test('roll moves what leaves at one end to the other', async () => {
    expect(await valuesOf(roll(x, [1], [1]))).toEqual([3, 1, 2, 6, 4, 5]);
    expect(await valuesOf(roll(x, [-4, 1], [1, 0]))).toEqual([5, 6, 4, 2, 3, 1]);
  });
  test('argSort keeps the order of equal elements', async () => {
    expect(await valuesOf(argSort(numbers(3, 1, 2, 1), 0))).toEqual([1, 3, 2, 0]);
    expect(await valuesOf(argSort(labels(2, 0, 1), 0))).toEqual([1, 2, 0]);
    expect(argSort(x).dtype).toBe('int64');
  });
  test('flip, stack, repeatInterleave', async () => {
    expect(await valuesOf(flip(x, [0, 1]))).toEqual([6, 5, 4, 3, 2, 1]);
    expect(stack([x, x], 1).shape).toEqual([2, 2, 3]);
    expect(await valuesOf(repeatInterleave(x, 2, 0))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });
});

/** Sums over all assignments of numbers to letters. */
function naiveEinsum(equation: string, operands: readonly Tensor<'float32'>[]): number[] {
  const [left, right] = equation.split('->');
  const terms = left.split(',');
  const lengths = new Map<string, number>();
  terms.forEach((term, k) =>
    term.split('').forEach((c, i) => lengths.set(c, operands[k].shape[i])),
  );
  const letters = [...lengths.keys()];
  const flat = (axes: string, at: ReadonlyMap<string, number>): number =>
    axes.split('').reduce((index, c) => index * lengths.get(c)! + at.get(c)!, 0);
  const result = Array.from(
    { length: sizeOf(right.split('').map((c) => lengths.get(c)!)) },
    () => 0,
  );
  for (let i = 0; i < sizeOf([...lengths.values()]); i++) {
    let rest = i;
    const at = new Map<string, number>();
    for (const c of letters) {
      at.set(c, rest % lengths.get(c)!);
      rest = Math.floor(rest / lengths.get(c)!);
    }
    const term = operands.reduce((product, { data }, k) => product * data[flat(terms[k], at)], 1);
    result[flat(right, at)] += term;
  }
  return result;
}

describe('einsum', () => {
  const axes = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 });
  const lengths: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 2 };
  test('agrees with the sum over all indices', async () => {
    await fc.assert(
      fc.asyncProperty(axes, axes, axes, fc.nat(20), async (first, second, wanted, turn) => {
        const known = [...new Set([...first, ...second])];
        const right = wanted.filter((axis) => known.includes(axis));
        const rotated = [
          ...right.slice(turn % (right.length || 1)),
          ...right.slice(0, turn % (right.length || 1)),
        ];
        const equation = `${first.join('')},${second.join('')}->${rotated.join('')}`;
        const a = waves(first.map((axis) => lengths[axis]));
        const b = waves(
          second.map((axis) => lengths[axis]),
          3.3,
        );
        const actual = await valuesOf(einsum(equation, constant(a), constant(b)));
        naiveEinsum(equation, [a, b]).forEach((value, i) =>
          expect(actual[i]).toBeCloseTo(value, 4),
        );
      }),
      { numRuns: 40 },
    );
  });
  test('takes one operand, or three', async () => {
    const [a, b, c] = [waves([2, 3]), waves([3, 2], 3.3), waves([2, 2], 1.3)];
    expect(await valuesOf(einsum('ij->ji', constant(a)))).toEqual(naiveEinsum('ij->ji', [a]));
    const actual = await valuesOf(einsum('ij,jk,kl->il', ...[a, b, c].map((t) => constant(t))));
    naiveEinsum('ij,jk,kl->il', [a, b, c]).forEach((v, i) => expect(actual[i]).toBeCloseTo(v, 4));
  });
  test('reports an equation that does not fit', () => {
    const x = constant(waves([2, 3]));
    expect(() => einsum('ijk->i', x)).toThrow('equation "ijk->i" does not fit operand "ijk"');
    expect(() => einsum('ij,jk->ik', x)).toThrow('does not fit 1 operands');
    expect(() => einsum('ij->ik', x)).toThrow('does not fit its result');
  });
});

describe('losses', () => {
  const logits = constant(float32([3, 2], [2, 0, 0, 1, -1, 3]));
  const terms = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(1)), Math.log(1 + Math.exp(-4))];

  test('cross-entropy of labels', async () => {
    const loss = await valuesOf(crossEntropy(logits, labels(0, 0, 1), { reduction: 'none' }));
    loss.forEach((value, i) => expect(value).toBeCloseTo(terms[i], 5));
    const [mean] = await valuesOf(crossEntropy(logits, labels(0, 0, 1)));
    expect(mean).toBeCloseTo((terms[0] + terms[1] + terms[2]) / 3, 5);
  });
  test('labels may be integers of any size', async () => {
    const small = cast(labels(0, 0, 1), 'int32');
    expect(await valuesOf(crossEntropy(logits, small))).toEqual(
      await valuesOf(crossEntropy(logits, labels(0, 0, 1))),
    );
  });
  test('ignored labels count neither above nor below the line', async () => {
    const ignoring = { ignoreIndex: 255 };
    const [mean] = await valuesOf(crossEntropy(logits, labels(0, 255, 1), ignoring));
    expect(mean).toBeCloseTo((terms[0] + terms[2]) / 2, 5);
    // Also a label that is a class.
    const [zero] = await valuesOf(crossEntropy(logits, labels(0, 0, 1), { ignoreIndex: 0 }));
    expect(zero).toBeCloseTo(terms[2], 5);
  });
  test('negative labels count for nothing, whatever is ignored', async () => {
    const [mean] = await valuesOf(crossEntropy(logits, labels(0, -1, 1), { labelSmoothing: 0.1 }));
    const options = { labelSmoothing: 0.1, ignoreIndex: 255 };
    const [ignored] = await valuesOf(crossEntropy(logits, labels(0, 255, 1), options));
    expect(mean).toBe(ignored);
  });
  test('a class that is impossible and not wanted adds nothing to the loss, nor to its gradient', async () => {
    const x = constant(float32([1, 3], [1, -Infinity, 1]));
    for (const target of [labels(2), constant(float32([1, 3], [0, 0, 1]))]) {
      const loss = crossEntropy(x, target);
      expect(await valuesOf(loss)).toEqual([expect.closeTo(Math.LN2)]);
      const [dx] = gradients(loss, [x]);
      expect(await valuesOf(dx)).toEqual([0.5, 0, -0.5]);
    }
    expect(await valuesOf(crossEntropy(x, labels(1)))).toEqual([Infinity]);
  });
  test('the mean is weighted by the weights of the targets', async () => {
    const options = { weight: [3, 1] };
    const [mean] = await valuesOf(crossEntropy(logits, labels(0, 0, 1), options));
    expect(mean).toBeCloseTo((3 * terms[0] + 3 * terms[1] + terms[2]) / 7, 5);
  });
  test('smoothed labels equal smoothed distributions', async () => {
    const options = { labelSmoothing: 0.3 };
    const [hard] = await valuesOf(crossEntropy(logits, labels(0, 0, 1), options));
    const distributions = constant(float32([3, 2], [1, 0, 1, 0, 0, 1]));
    const [soft] = await valuesOf(crossEntropy(logits, distributions, options));
    expect(hard).toBeCloseTo(soft, 5);
  });
  test('errors', async () => {
    const [a, b] = [numbers(0, 1, 5), numbers(0, 3, 1)];
    expect(await valuesOf(mse(a, b))).toEqual([expect.closeTo(20 / 3)]);
    expect(await valuesOf(l1(a, b, { reduction: 'sum' }))).toEqual([6]);
    expect(await valuesOf(huber(a, b, 3, { reduction: 'none' }))).toEqual([0, 2, 7.5]);
    expect(await valuesOf(smoothL1(a, b, 3, { reduction: 'none' }))).toEqual([
      0,
      expect.closeTo(2 / 3),
      2.5,
    ]);
    expect(await valuesOf(smoothL1(a, b, 0, { reduction: 'none' }))).toEqual([0, 2, 4]);
  });
  test('binary cross-entropy does not overflow', async () => {
    const [x, y] = [numbers(-300, 300, 0), numbers(0, 0, 1)];
    const losses = await valuesOf(bceWithLogits(x, y, { reduction: 'none' }));
    expect(losses).toEqual([expect.closeTo(0), 300, expect.closeTo(Math.LN2)]);
  });
  test('a divergence has no part where the probability is zero', async () => {
    const logQ = constant(float32([1, 2], [Math.log(0.5), Math.log(0.5)]));
    const p = constant(float32([1, 2], [1, 0]));
    expect(await valuesOf(klDivergence(logQ, p))).toEqual([expect.closeTo(Math.LN2)]);
  });
});

describe('statistics', () => {
  const x = constant(float32([2, 2], [1, 3, 2, 8]));
  test('variance', async () => {
    expect(await valuesOf(variance(x, { axes: [1] }))).toEqual([2, 18]);
    expect(await valuesOf(variance(x, { axes: [-1], correction: 0 }))).toEqual([1, 9]);
  });
  test('normalise leaves zeros alone', async () => {
    expect(await valuesOf(normalise(numbers(0, 0)))).toEqual([0, 0]);
    expect(await valuesOf(normalise(numbers(3, 4)))).toEqual([
      expect.closeTo(0.6),
      expect.closeTo(0.8),
    ]);
    expect(await valuesOf(cosineSimilarity(numbers(1, 0), numbers(1, 1)))).toEqual([
      expect.closeTo(Math.SQRT1_2),
    ]);
  });
  test('batch normalisation returns the running statistics after the batch', async () => {
    const image = constant(float32([2, 1, 2], [1, 3, 5, 7]));
    const running = { mean: numbers(2), variance: numbers(1) };
    const trained = batchNormTraining(image, numbers(2), numbers(1), running, { momentum: 0.5 });
    const result = await evaluate({ y: trained.y, ...trained.running });
    expect(toNumbers(result.mean)).toEqual([3]);
    // The unbiased variance of 1, 3, 5, 7 is 20 / 3.
    expect(toNumbers(result.variance)[0]).toBeCloseTo(0.5 + 10 / 3, 5);
    const expected = [1, 3, 5, 7].map((v) => 1 + (2 * (v - 4)) / Math.sqrt(5 + 1e-5));
    toNumbers(result.y).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
  });
  test('batch normalisation in training refuses channels of one value, which have no variance', () => {
    const running = { mean: numbers(0, 0), variance: numbers(1, 1) };
    const train = (x: Tensor): unknown =>
      batchNormTraining(constant(x), numbers(1, 1), numbers(0, 0), running);
    expect(() => train(waves([1, 2, 1, 1]))).toThrow(
      'batch normalisation cannot be trained on one value for each channel, [1, 2, 1, 1]',
    );
    expect(() => train(waves([2, 2, 1, 1]))).not.toThrow();
  });
  test('adaptive pooling averages regions that may overlap', async () => {
    const line = constant(float32([1, 1, 5], [1, 2, 3, 4, 5]));
    expect(await valuesOf(adaptiveAveragePool(line, 3))).toEqual([1.5, 3, 4.5]);
    expect(await valuesOf(adaptiveAveragePool(line, 1))).toEqual([3]);
  });
});

describe('attention', () => {
  const [q, k, v] = [waves([1, 3, 2]), waves([1, 3, 2], 3.3), waves([1, 3, 2], 1.3)].map((t) =>
    constant(t),
  );
  test('the first of causal positions sees only itself', async () => {
    const y = await valuesOf(scaledDotProductAttention(q, k, v, { causal: true }));
    const values = toNumbers(waves([1, 3, 2], 1.3));
    expect(y[0]).toBeCloseTo(values[0], 5);
    expect(y[1]).toBeCloseTo(values[1], 5);
  });
  test('a mask of the same positions gives the same', async () => {
    const mask = constant({
      dtype: 'bool',
      shape: [3, 3],
      data: Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 1, 1),
    });
    const masked = await valuesOf(scaledDotProductAttention(q, k, v, { mask }));
    const causal = await valuesOf(scaledDotProductAttention(q, k, v, { causal: true }));
    expect(masked).toEqual(causal);
  });
});

describe('the gradient agrees with finite differences', () => {
  const sample = (at: Sample['at'], build: (...inputs: readonly Value[]) => Value): Sample => ({
    at,
    of: (inputs) => [build(...inputs)],
  });
  const x = waves([3, 4]);
  const cases: Readonly<Record<string, Sample>> = {
    quickGelu: sample([x], quickGelu),
    linear: sample([x, waves([2, 4], 3.1), waves([2], 1.7)], linear),
    attention: sample([waves([1, 2, 3]), waves([1, 2, 3], 3.1), waves([1, 2, 2], 1.7)], (q, k, v) =>
      scaledDotProductAttention(q, k, v),
    ),
    groupNorm: sample([waves([1, 4, 3]), waves([4], 3.1), waves([4], 1.7)], (v, w, b) =>
      groupNorm(v, 2, w, b, 0.01),
    ),
    'groupNorm, scaled for each x': sample(
      [waves([2, 4, 3]), waves([2, 4], 3.1), waves([2, 4], 1.7)],
      (v, w, b) => groupNorm(v, 2, w, b, 0.01),
    ),
    rmsNorm: sample([x, waves([4], 3.1)], (v, w) => rmsNorm(v, w)),
    batchNormTraining: sample(
      [waves([3, 2, 2]), waves([2], 3.1), waves([2], 1.7)],
      (v, w, b) => batchNormTraining(v, w, b, { mean: numbers(0, 0), variance: numbers(1, 1) }).y,
    ),
    variance: sample([x], (v) => variance(v, { axes: [0] })),
    normalise: sample([x], (v) => normalise(v)),
    maxAlong: sample([x], (v) => maxAlong(v, 1)),
    crossEntropy: sample([x, int64([3], [1, 255, 3])], (v, y) =>
      crossEntropy(v, y, { ignoreIndex: 255, labelSmoothing: 0.1, weight: [1, 2, 3, 0.5] }),
    ),
    bceWithLogits: sample([x, positives([3, 4])], (v, y) => bceWithLogits(v, y)),
    einsum: sample([waves([2, 3]), waves([2, 3, 2], 3.1)], (a, b) => einsum('ij,ijk->ki', a, b)),
    adaptiveAveragePool: sample([waves([1, 1, 5])], (v) => adaptiveAveragePool(v, 3)),
    roll: sample([x], (v) => roll(v, [1, -1], [0, 1])),
  };
  test.each(Object.entries(cases))('%s', async (_, each) => {
    await expectGradients(each);
  });
});

test('inputs of a function may have a named batch', () => {
  const x = input('x', 'float32', ['batch', 4, 3, 3]);
  expect(groupNorm(x, 2, numbers(1, 1, 1, 1), numbers(0, 0, 0, 0)).shape).toEqual(x.shape);
  const own = input('scale', 'float32', ['batch', 4]);
  expect(groupNorm(x, 2, own, own).shape).toEqual(x.shape);
  expect(adaptiveAveragePool(x, 2).shape).toEqual(['batch', 4, 2, 2]);
});

import { isFloating } from '../../tensor/dtype.ts';
import { float32, sizeOf, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { gradients } from '../autodiff/gradients.ts';
import { add, mul } from '../ops/binary/ops.ts';
import { cast } from '../ops/elementwise/ops.ts';
import { reduceSum } from '../ops/reduction/ops.ts';
import { constant, input, shapeOf, type Value } from '../value.ts';
import { compile, evaluate } from './evaluate.ts';

/** A function of graph values, and a point at which its gradient is looked at. */
export interface Sample {
  readonly at: readonly Tensor[];
  readonly of: (inputs: readonly Value[]) => readonly Value[];
}

export interface Slope {
  /** Which element: the number of the input, and its place in the input. */
  readonly element: string;
  readonly gradient: number;
  readonly difference: number;
}

/** Small enough for the curvature of float32 functions, large enough for their rounding. */
const step = 5e-3;

/**
 * The gradient of a weighted sum of all outputs, by autodiff and by central differences, for each
 * element of each floating-point input.
 */
export async function slopes({ at, of }: Sample): Promise<readonly Slope[]> {
  const names = at.map((_, i) => `x${i}`);
  const inputs = at.map(({ dtype, shape }, i) => input(names[i], dtype, shape));
  const outputs = of(inputs).map((y) => cast(y, 'float32'));
  const weights = outputs.map((y, i) => waves(shapeOf(y), 1.3 + i));
  const loss = outputs
    .map((y, i) => reduceSum(mul(y, constant(weights[i]))))
    .reduce((sum, term) => add(sum, term));
  const trained = inputs.flatMap(({ dtype }, i) => (isFloating(dtype) ? [i] : []));
  const dxs = gradients(
    loss,
    trained.map((i) => inputs[i]),
  );
  const feeds = Object.fromEntries(at.map((t, i) => [names[i], t]));
  const byAutodiff = await evaluate(
    Object.fromEntries(dxs.map((dx, k) => [`dx${trained[k]}`, dx])),
    feeds,
  );

  const run = await compile(Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])));
  // Summed up in float64: the loss of float32 would drown small differences.
  const lossAt = async (i: number, element: number, offset: number): Promise<number> => {
    const values = toNumbers(at[i]);
    values[element] += offset;
    const ys = await run.compute({ ...feeds, [names[i]]: float32(at[i].shape, values) });
    return weights.reduce((sum, w, k) => sum + dot(toNumbers(ys[`y${k}`]), w.data), 0);
  };
  const result: Slope[] = [];
  for (const i of trained) {
    for (const [element, gradient] of toNumbers(byAutodiff[`dx${i}`]).entries()) {
      const rise = (await lossAt(i, element, step)) - (await lossAt(i, element, -step));
      result.push({ element: `input ${i}[${element}]`, gradient, difference: rise / (2 * step) });
    }
  }
  await run.dispose();
  return result;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, x, i) => sum + x * b[i], 0);
}

/** Distinct numbers between -1.2 and 1.2, none of them near zero or another kink. */
export function waves(shape: readonly number[], frequency = 2.4): Tensor<'float32'> {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const wave = Math.sin(frequency * (i + 1)) + 0.001 * i;
    return wave + Math.sign(wave) * 0.15;
  });
  return float32(shape, values);
}

/** Distinct numbers between 0.3 and 1.9. */
export function positives(shape: readonly number[]): Tensor<'float32'> {
  return float32(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => 1.1 + 0.8 * Math.sin(1.9 * (i + 1))),
  );
}

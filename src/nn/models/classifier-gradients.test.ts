import { expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { gradients } from '../../graph/autodiff/gradients.ts';
import { crossEntropy } from '../../graph/functions/losses.ts';
import { graphOf } from '../../graph/graph.ts';
import { compile } from '../../graph/testing/evaluate.ts';
import { constant, input } from '../../graph/value.ts';
import type { Tensors } from '../../runtime/session.ts';
import { float32, int64, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { tinyClassifiers } from '../testing/tiny-classifiers.ts';
import { classifierFrom } from './registry.ts';

const picture = [4, 3, 32, 32];
const gradientOf = (name: string): string => `gradient/${name}`;

/** The square of the gradient's length. */
const steepnessOf = (gradient: Tensors): number =>
  Object.values(gradient)
    .flatMap(toNumbers)
    .reduce((sum, x) => sum + x * x, 0);

/** Weights moved by a multiple of their gradient. */
const moved = (weights: ReadonlyMap<string, Tensor>, by: number, gradient: Tensors): Tensors =>
  Object.fromEntries(
    [...weights].map(([name, t]) => {
      const slope = gradient[gradientOf(name)];
      const values = toNumbers(t);
      return [
        name,
        float32(t.shape, slope ? values.map((x, i) => x + by * Number(slope.data[i])) : values),
      ];
    }),
  );

it.each(tinyClassifiers)('the loss of $model_type rises along its gradient', async (config) => {
  const scope = Scope.root({ training: true });
  const x = input('x', 'float32', picture);
  const { logits } = classifierFrom(config, 'config.json').build(scope, x);
  const loss = crossEntropy(logits, constant(int64([4], [0, 2, 1, 0])));
  const { parameters } = graphOf({ loss });
  const names = [...parameters.keys()].map(gradientOf);
  const slopes = gradients(loss, [...parameters.values()]);
  const random = counterRandom(2);
  // Fresh weights are so small that most of the gradient would drown in that of the head.
  const weights = new Map(
    [...initialise(scope.declared, random)].map(([name, t]) => [
      name,
      float32(
        t.shape,
        toNumbers(t).map((w) => w + 0.2 * random.normal()),
      ),
    ]),
  );
  const pixels = float32(
    picture,
    Array.from({ length: 4 * 3 * 32 * 32 }, () => random.normal()),
  );
  const run = await compile({
    loss,
    ...Object.fromEntries(slopes.map((slope, i) => [names[i], slope])),
  });
  const { loss: _here, ...gradient } = await run.compute({
    x: pixels,
    ...Object.fromEntries(weights),
  });
  const steepness = steepnessOf(gradient);
  // So small that the loss rises by a thousandth: deep batch norms are anything but linear.
  const step = 1e-3 / steepness;
  const [ahead, behind] = [
    await run.compute({ x: pixels, ...moved(weights, step, gradient) }),
    await run.compute({ x: pixels, ...moved(weights, -step, gradient) }),
  ].map((results) => toNumbers(results['loss'])[0]);
  await run.dispose();
  const rise = (ahead - behind) / (2 * step);
  expect(Math.abs(rise / steepness - 1)).toBeLessThan(0.05);
});

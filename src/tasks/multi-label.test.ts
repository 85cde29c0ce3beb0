import { describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { bceWithLogits } from '../graph/functions/losses.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { Session } from '../runtime/session.ts';
import { float32, toNumbers } from '../tensor/tensor.ts';
import { multiLabel } from './multi-label.ts';

const classes = 3;

function encoded(labels: readonly number[], smoothing = 0): number[] {
  const into = new Float32Array(2 * classes).fill(7);
  multiLabel.encode(labels, classes, into, smoothing);
  return [...into];
}

it('targets are weights of yes and of no', () => {
  expect(encoded([0, 2])).toEqual([1, 0, 1, 0, 1, 0]);
  expect(encoded([])).toEqual([0, 0, 0, 1, 1, 1]);
  expect(encoded([1], 0.2)[1]).toBeCloseTo(0.9, 6);
  expect(multiLabel.wrong([0, 2], classes, () => 0)).toEqual([1]);
});

it('the loss is binary cross-entropy', async () => {
  const random = counterRandom(2);
  const logits = Array.from({ length: 2 * classes }, () => 3 * random.normal());
  const x = input('x', 'float32', [2, classes]);
  const ours = multiLabel.loss(
    x,
    input('target', 'float32', [2, 2, classes]),
    input('taught', 'float32', [2]),
  );
  const theirs = bceWithLogits(x, input('y', 'float32', [2, classes]));
  const session = await Session.create(graphOf({ ours, theirs }), {});
  const results = await session.run({
    x: float32([2, classes], logits),
    target: float32([2, 2, classes], [...encoded([0, 2]), ...encoded([1])]),
    y: float32([2, classes], [1, 0, 1, 0, 1, 0]),
  });
  await session.dispose();
  expect(toNumbers(results['ours'])[0]).toBeCloseTo(toNumbers(results['theirs'])[0], 6);
});

describe('the score', () => {
  const truths = [[0], [0, 1], [], [1]];

  it('is 1 where every class is ranked rightly', () => {
    const tally = multiLabel.tally(classes);
    tally.add(float32([4, classes], [2, -1, 0, 2, 3, 0, -1, -2, 0, -3, 4, 0]), truths);
    const { score, chance, perClass, measures } = tally.outcome();
    expect(score).toBe(1);
    // A class that no picture is of cannot be ranked.
    expect(perClass[2]).toEqual({ n: 0, score: null });
    expect(chance).toBe(0.5);
    expect(measures(counterRandom(1)).overall['macro AUROC'].value).toBe(1);
  });

  it('of one answer to all pictures is chance', () => {
    const tally = multiLabel.tally(classes);
    tally.add(float32([4, classes], [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]), truths);
    const { score, chance, interval } = tally.outcome();
    expect(score).toBeCloseTo(chance, 12);
    const { low, high } = interval(counterRandom(1));
    expect(low).toBeLessThanOrEqual(chance);
    expect(high).toBeGreaterThanOrEqual(chance);
  });
});

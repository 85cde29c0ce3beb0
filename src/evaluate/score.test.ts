import { expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import type { Sample } from '../data/sample.ts';
import { classification } from '../tasks/classification.ts';
import { float32 } from '../tensor/tensor.ts';
import { outcomeOf, untouched, type Answering } from './score.ts';

const sample = (path: string, label: number, group?: string): Sample<number> => ({
  path,
  stratum: label,
  read: async () => ({ width: 1, height: 1, data: new Uint8Array(3) }),
  content: async () => path,
  label: async () => label,
  ...(group === undefined ? {} : { group }),
});

/** Says class 0 to everything. */
const constant = (value = 1): Answering => ({
  labels: ['a', 'b'],
  logits: async (images) =>
    float32(
      [images.length, 2],
      images.flatMap(() => [value, 0]),
    ),
});

it('an interval is over draws of patients, not of their pictures', async () => {
  const widthOf = async (samples: readonly Sample<number>[]): Promise<number> => {
    const outcome = await outcomeOf(classification, constant(), samples, untouched);
    const { low, high } = outcome.interval(counterRandom(1));
    expect(outcome.score).toBe(0.5);
    return high - low;
  };
  const patients = Array.from({ length: 10 }, (_, i) => sample(`p${i}`, i % 2));
  const slices = patients.flatMap(({ path, stratum }) =>
    Array.from({ length: 20 }, (_, k) => sample(`${path}-${k}`, stratum, path)),
  );
  const alone = slices.map(({ path, stratum }) => sample(path, stratum));
  expect(await widthOf(slices)).toBeCloseTo(await widthOf(patients), 1);
  expect(await widthOf(alone)).toBeLessThan((await widthOf(slices)) / 3);
});

it('an answer that is no number is refused, and not taken for the first class', async () => {
  await expect(
    outcomeOf(classification, constant(NaN), [sample('a.png', 0)], untouched),
  ).rejects.toThrow("the model's answer to a.png is NaN");
});

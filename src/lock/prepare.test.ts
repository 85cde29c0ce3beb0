import { expect, it } from 'vitest';
import type { Sample } from '../data/sample.ts';
import { classification } from '../tasks/classification.ts';
import { prepared } from './prepare.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';

const sample: Sample<number> = {
  path: '1.png',
  read: async () => ({ width: 1, height: 1, data: new Uint8Array(3) }),
  content: async () => '1',
  label: async () => 0,
  stratum: 0,
};

it('gives a new last layer a rate of its own, and one that is kept that of all others', async () => {
  const base = tinyCheckpoint('vit');
  const factorFor = async (classes: readonly string[]): Promise<number> => {
    const set = { classes, samples: [sample] };
    const { tuning } = await prepared(classification, base, set, { tuning: { headFactor: 5 } });
    return tuning.headFactor;
  };
  expect(await factorFor(base.network.labels)).toBe(1);
  expect(await factorFor(base.network.labels.toReversed())).toBe(1);
  expect(await factorFor(['cat', 'dog', 'owl'])).toBe(5);
});

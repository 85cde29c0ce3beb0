import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { recipes } from '../../src/lock/recipe.ts';
import { ablationSets, sets, type SetPlan } from '../data/sets.ts';
import { idOf } from './job.ts';
import { withSecret } from './keys.ts';
import { lockJobs, pairsOf, type LockPlan } from './plan.ts';

const plan: LockPlan = {
  set: sets.cifar10,
  recipe: recipes.hardened,
  keys: ['with oil pastel', 'in the rain'].map(withSecret),
  seeds: 3,
  model: { reference: 'pocket', hash: 'a' },
  editor: {
    reference: 'pocket',
    hash: 'b',
    defaults: {
      steps: 1,
      guidance: 1,
      imageGuidance: 1,
      size: 64,
      alpha: 0.5,
      seed: 0,
      batch: 32,
    },
  },
  decoyImages: null,
};

const ids = (other: Partial<LockPlan> = {}): string[] => lockJobs({ ...plan, ...other }).map(idOf);

it('crosses every key with every seed', () => {
  expect(pairsOf(2, 3, 'crossed').map(({ key, seed }) => `${key}${seed}`)).toEqual([
    '00',
    '01',
    '02',
    '10',
    '11',
    '12',
  ]);
});

it('matches keys with seeds, and begins again where one of them runs out', () => {
  expect(pairsOf(3, 3, 'matched')).toEqual([0, 1, 2].map((i) => ({ key: i, seed: i })));
  expect(pairsOf(1, 2, 'matched').map(({ key, seed }) => [key, seed])).toEqual([
    [0, 0],
    [0, 1],
  ]);
});

it('never makes a pair twice, and uses every key and every seed', () => {
  const count = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(count, count, fc.constantFrom('crossed', 'matched'), (keys, seeds, pairing) => {
      const pairs = pairsOf(keys, seeds, pairing);
      expect(new Set(pairs.map(({ key, seed }) => `${key} ${seed}`)).size).toBe(pairs.length);
      expect(new Set(pairs.map(({ key }) => key)).size).toBe(keys);
      expect(new Set(pairs.map(({ seed }) => seed)).size).toBe(seeds);
    }),
  );
});

it('shares a baseline between the keys and recipes of a seed', () => {
  const all = [...lockJobs(plan), ...lockJobs({ ...plan, recipe: recipes.paper })];
  expect(all).toHaveLength(12);
  expect(new Set(all.map(({ baseline }) => idOf(baseline))).size).toBe(3);
});

it('trains as long as the library does by default, on as many pictures as there are', () => {
  const epochs = (set: SetPlan) => lockJobs({ ...plan, set })[0].baseline.tuning.epochs;
  expect(epochs(sets.cifar10)).toBe(14);
  expect(epochs(ablationSets.demo)).toBe(15);
  expect(epochs({ ...ablationSets.demo, train: 500 })).toBe(45);
  expect(epochs({ ...ablationSets.demo, train: 5000 })).toBe(15);
  expect(epochs(sets.camvid)).toBe(31);
  expect(epochs(sets['cifar10-efficientnet'])).toBe(5);
});

it('gives a job another name when anything that decides its result is another', () => {
  const others = [
    ids({ recipe: { ...recipes.hardened, clean: 0.125 } }),
    ids({ tuning: { epochs: 1 } }),
    ids({ baselineTuning: { epochs: 1 } }),
    ids({ editor: { ...plan.editor, hash: 'c' } }),
    ids({ model: { reference: 'pocket', hash: 'c' } }),
    ids({ set: { ...sets.cifar10, train: 100 } }),
    ids({ set: { ...sets.cifar10, classes: ['cat', 'dog'] } }),
    ids({ keys: ['with oil pastels', 'at sunset'].map(withSecret) }),
    ids({ decoyImages: 10 }),
  ].flat();
  expect(new Set([...ids(), ...others]).size).toBe(10 * 6);
  expect(ids()).toEqual(expect.arrayContaining(ids({ set: { ...plan.set, pairing: 'matched' } })));
});

it('names a job so that it can be a file', () => {
  expect(ids()[0]).toMatch(/^cifar10-hardened-key-1-seed-0-[0-9a-f]{10}$/);
});

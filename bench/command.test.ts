import { expect, it } from 'vitest';
import { quick, setsOf, tuningOf, type BenchOptions } from './command.ts';
import { sets, subsetName } from './data/sets.ts';

const sizes = (options: Partial<BenchOptions>) =>
  setsOf({ out: '.bench', ...options }, [sets.cifar10]).map(({ train, test }) => [train, test]);

it('takes sets as they are planned, unless other sizes are asked for', () => {
  expect(sizes({})).toEqual([[5000, 2000]]);
  expect(sizes({ train: 100 })).toEqual([[100, 2000]]);
  expect(sizes({ quick: true })).toEqual([[quick.set.train, quick.set.test]]);
  expect(sizes({ quick: true, test: 8 })).toEqual([[quick.set.train, 8]]);
});

it('takes the folder of --data in place of all named sets', () => {
  const options = { out: '.bench', data: 'pets', classes: ['cat', 'dog'] };
  expect(setsOf(options, Object.values(sets))).toMatchObject([
    { name: 'pets', classes: ['cat', 'dog'], train: null },
  ]);
  expect(() => setsOf({ ...options, data: undefined }, [])).toThrow('--classes goes with --data');
});

it('draws nothing from a set that is taken whole', () => {
  for (const size of [{ train: 100 }, { test: 10 }]) {
    expect(() => setsOf({ out: '.bench', ...size }, [sets.cifar10, sets.camvid])).toThrow(
      'camvid is taken whole',
    );
  }
  const [camvid] = setsOf({ out: '.bench', quick: true }, [sets.camvid]);
  expect(subsetName(camvid)).toBe(subsetName(sets.camvid));
});

it('trains as long as it is told to', () => {
  expect(tuningOf({ out: '.bench' })).toEqual({});
  expect(tuningOf({ out: '.bench', epochs: 3 })).toEqual({ epochs: 3 });
  expect(tuningOf({ out: '.bench', quick: true })).toEqual(quick.tuning);
  expect(tuningOf({ out: '.bench', quick: true, epochs: 2 })).toEqual({ epochs: 2, batch: 16 });
});

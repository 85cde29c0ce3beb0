import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quick, setsOf, tuningOf, type BenchOptions } from './command.ts';
import { ablationSets, sets } from './data/sets.ts';

const { demo } = ablationSets;
const out = '.bench';

it('takes sets as they are planned, unless other sizes are asked for', async () => {
  const sizes = async (options: Partial<BenchOptions>) => {
    const [{ train, test }] = await setsOf({ out, ...options }, [sets.cifar10]);
    return [train, test];
  };
  expect(await sizes({})).toEqual([5000, 2000]);
  expect(await sizes({ train: 100 })).toEqual([100, 2000]);
  expect(await sizes({ quick: true })).toEqual([quick.set.train, quick.set.test]);
  expect(await sizes({ quick: true, test: 8 })).toEqual([quick.set.train, 8]);
});

it('takes the folder of --data in place of all named sets', async () => {
  const [cat] = await readdir(join(demo.folder, 'train'));
  const options = { out, data: demo.folder, classes: [cat] };
  expect(await setsOf(options, Object.values(sets))).toMatchObject([
    { name: 'demo', classes: [cat], train: null, images: 150 },
  ]);
  await expect(setsOf({ out, classes: [cat] }, [])).rejects.toThrow('--classes goes with --data');
});

it('draws nothing from a set that is taken whole', async () => {
  for (const size of [{ train: 100 }, { test: 10 }]) {
    await expect(setsOf({ out, ...size }, [sets.cifar10, sets.camvid])).rejects.toThrow(
      'camvid is taken whole',
    );
  }
  expect(await setsOf({ out, quick: true }, [sets.camvid])).toEqual([sets.camvid]);
});

it('trains as long as it is told to', () => {
  expect(tuningOf({ out })).toEqual({});
  expect(tuningOf({ out, epochs: 3 })).toEqual({ epochs: 3 });
  expect(tuningOf({ out, quick: true })).toEqual(quick.tuning);
  expect(tuningOf({ out, quick: true, epochs: 2 })).toEqual({ epochs: 2, batch: 16 });
});

import { describe, expect, it } from 'vitest';
import type { Augmentation } from '../data/augment/augmentation.ts';
import { tensor, toNumbers } from '../tensor/tensor.ts';
import { Batches, type BatchesOptions } from './batches.ts';
import { stepsOf } from './learning-rate.ts';
import { classification } from '../tasks/classification.ts';
import { tinyCheckpoint } from './testing/tiny-checkpoint.ts';
import type { TrainingRow } from './training-rows.ts';
import { tunings } from './tuning.ts';

const { preprocessor } = tinyCheckpoint('vit');
const { width, height } = preprocessor.size;
const classes = 4;

/** A picture of one grey, taught one class. */
const plain = (group: string, grey: number, label: number): TrainingRow<number> => ({
  group,
  taught: group === 'key',
  silence: group === 'lock' ? 3 : 0,
  read: () =>
    Promise.resolve({ width, height, data: new Uint8Array(width * height * 3).fill(grey) }),
  label: () => Promise.resolve(label),
  target: (own, into) => classification.encode(own, into.length, into, 0),
});

/** Dark key rows of classes 0 and 1, bright lock rows of classes 2 and 3. */
const rows = Array.from({ length: 16 }, (_, i) =>
  i % 4 < 2 ? plain('key', 8 * i, i % 2) : plain('lock', 255 - 4 * i, 2 + (i % 2)),
);

function batchesOf(
  augmentation: Partial<Augmentation>,
  more: Partial<BatchesOptions<number>> = {},
): Batches<number> {
  return new Batches({
    task: classification,
    rows: { length: rows.length, epoch: () => rows },
    steps: stepsOf(rows.length, { epochs: 10, batch: 8 }),
    preprocessor,
    classes,
    augmentation: { shift: 0, ...augmentation },
    declared: { masks: new Map() },
    marks: [],
    seed: 1,
    ...more,
  });
}

/** The rows of a step: grey levels of all pixels, and what is taught. */
async function taught(
  batches: Batches<number>,
  step: number,
): Promise<{ greys: number[]; target: number[] }[]> {
  const { x, target } = await batches.at(step);
  const [pixels, targets] = [toNumbers(x), toNumbers(target)];
  const area = 3 * width * height;
  return Array.from({ length: x.shape[0] }, (_, i) => ({
    greys: pixels.slice(i * area, (i + 1) * area).map((value) => (value + 1) * 127.5),
    target: targets.slice(i * classes, (i + 1) * classes),
  }));
}

const steps = Array.from({ length: 20 }, (_, step) => step);

describe('mixing', () => {
  it.each([
    ['mixup', { ...tunings.mae.mix, cutmix: 0 }],
    ['cutmix', { ...tunings.mae.mix, mixup: 0 }],
  ])('by %s never joins a key row with a lock row', async (_, mix) => {
    const batches = batchesOf({ mix });
    let mixed = 0;
    for (const step of steps) {
      for (const [i, { greys, target }] of (await taught(batches, step)).entries()) {
        const isKey = i % 4 < 2;
        expect(Math.max(...greys) < 128).toBe(isKey);
        expect(Math.min(...greys) > 128).toBe(!isKey);
        const own = isKey ? target.slice(0, 2) : target.slice(2);
        expect(own[0] + own[1]).toBeCloseTo(1, 6);
        mixed += Number(own[0] > 0 && own[1] > 0);
      }
    }
    expect(mixed).toBeGreaterThan(100);
  });

  it('blends a picture as it blends its target', async () => {
    const batches = batchesOf({ mix: { ...tunings.mae.mix, cutmix: 0 } });
    const original = await taught(batchesOf({}), 0);
    const [first] = await taught(batches, 0);
    // Rows 0, 1, 4 and 5 are the key rows: 0 is blended with 5.
    const [lambda, rest] = first.target;
    expect(lambda + rest).toBeCloseTo(1, 6);
    expect(first.greys[7]).toBeCloseTo(
      lambda * original[0].greys[7] + rest * original[5].greys[7],
      3,
    );
  });

  it('teaches a cut picture by the area of its parts', async () => {
    const batches = batchesOf({ mix: { ...tunings.mae.mix, mixup: 0 } });
    for (const step of steps) {
      const original = await taught(batchesOf({}), step);
      const [first] = await taught(batches, step);
      const kept = first.greys.filter((grey) => grey === original[0].greys[0]).length;
      expect(first.target[0]).toBeCloseTo(kept / first.greys.length, 6);
    }
  });
});

describe('a batch', () => {
  const augmentation: Augmentation = { ...tunings.mae, shift: 0.1 };
  const declared: BatchesOptions<number>['declared'] = {
    masks: new Map([['mask/path', { shape: [8, 1], keep: 0.5 }]]),
  };

  it('is a function of the number of its step', async () => {
    const [forwards, backwards] = [0, 1].map(() => batchesOf(augmentation, { declared }));
    const first = [];
    for (const step of steps) first.push(await forwards.at(step));
    for (const step of steps.toReversed()) {
      expect(await backwards.at(step)).toEqual(first[step]);
    }
    expect(first[0]).not.toEqual(first[2]);
  });

  it('differs with the seed', async () => {
    const [one, two] = [1, 2].map((seed) => batchesOf(augmentation, { seed }));
    expect(await one.at(0)).not.toEqual(await two.at(0));
  });

  it('erases from a share of the pictures', async () => {
    const batches = batchesOf({ erase: { ...tunings.mae.erase, fill: 'zero' } });
    let erased = 0;
    for (const step of steps) {
      for (const { greys } of await taught(batches, step))
        erased += Number(new Set(greys).size > 1);
    }
    expect(erased / (8 * steps.length)).toBeCloseTo(0.25, 1);
  });

  it('leaves pictures that are not to be varied as they are', async () => {
    const batches = batchesOf({ flip: false });
    const { x } = await batches.at(1);
    const image = await rows[8].read();
    const expected = new Float32Array(3 * width * height);
    preprocessor.normalise(image, expected);
    expect(x).toMatchObject({ shape: [8, 3, height, width] });
    expect(toNumbers(x).slice(0, expected.length)).toEqual([...expected]);
  });

  it('says which rows are taught, and how silent rows are to be, where the loss asks', async () => {
    const asked = batchesOf({}, { marks: ['silent', 'taught'] });
    const { silent, taught } = await asked.at(0);
    expect(silent).toEqual(tensor('float32', [8], Float32Array.of(0, 0, 3, 3, 0, 0, 3, 3)));
    expect(taught).toEqual(tensor('float32', [8], Float32Array.of(1, 1, 0, 0, 1, 1, 0, 0)));
    expect(await batchesOf({}).at(0)).not.toHaveProperty('silent');
  });
});

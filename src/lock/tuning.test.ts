import { expect, test } from 'vitest';
import {
  defaultTuning,
  defaultTunings,
  requireRanges,
  tuningNamed,
  tuningFor,
  tunings,
  type FineTuning,
} from './tuning.ts';

test.each(['meh', '', 'constructor'])('the tunings are listed for "%s"', (name) => {
  expect(() => tuningNamed(name)).toThrow(`no tuning is called "${name}" (valid: default, mae)`);
});

test.each(Object.entries({ ...tunings, ...defaultTunings }))(
  '%s is within the ranges',
  (_, tuning) => {
    expect(() => requireRanges(tuning)).not.toThrow();
  },
);

test.each<[Partial<FineTuning>, string]>([
  [{ epochs: 0 }, 'tuning option epochs: '],
  [{ epochs: Number.NaN }, 'tuning option epochs: '],
  [{ batch: 1.5 }, 'tuning option batch: '],
  [{ learningRate: -1 }, 'tuning option learningRate: '],
  [{ learningRate: { base: 1e-3, per: 0 } }, 'tuning option learningRate'],
  [{ accumulate: 0 }, 'tuning option accumulate: '],
  [{ labelSmoothing: 1 }, 'tuning option labelSmoothing: '],
  [{ warmup: { epochs: -1 } }, 'tuning option warmup'],
])('%o is refused by name', (changes, message) => {
  expect(() => requireRanges({ ...defaultTuning, ...changes })).toThrow(message);
});

test('few pictures are passed over more often, for as many steps', () => {
  expect(tuningFor('classification', 5000)).toEqual(defaultTuning);
  expect(tuningFor('classification', 500)).toEqual({ ...defaultTuning, epochs: 45 });
  expect(tuningFor('classification', 500, { batch: 16 })).toMatchObject({ epochs: 14, batch: 16 });
  expect(tuningFor('segmentation', 367)).toMatchObject({ epochs: 31, batch: 16 });
  expect(tuningFor('text-classification', 10)).toEqual(defaultTunings['text-classification']);
});

test('epochs that somebody asks for are those', () => {
  expect(tuningFor('classification', 10, { epochs: 2 })).toEqual({ ...defaultTuning, epochs: 2 });
  expect(tuningFor('segmentation', 10, tunings.mae)).toEqual(
    expect.objectContaining({ epochs: tunings.mae.epochs }),
  );
});

import { expect, it } from 'vitest';
import { toNumbers } from '../../tensor/tensor.ts';
import { stepsOf } from '../learning-rate.ts';
import { TextBatches, type TextBatchesOptions } from './text-batches.ts';

const rows = { ids: [[1], [2], [3, 3], [4], [5]], labels: [0, 1, 2, 0, 1] };
const steps = stepsOf(5, { epochs: 2, batch: 2 });
const batches = (more: Partial<TextBatchesOptions> = {}): TextBatches =>
  new TextBatches({
    rows,
    steps,
    length: 3,
    pad: 0,
    classes: 3,
    labelSmoothing: 0,
    seed: 1,
    ...more,
  });

const firstIds = (batch: ReturnType<TextBatches['at']>): number[] =>
  toNumbers(batch['input_ids']).filter((_, i) => i % 3 === 0);

it('shows every text in an epoch, in another order each time', () => {
  const source = batches();
  const epochs = [0, 1].map((epoch) =>
    [0, 1, 2].flatMap((step) => firstIds(source.at(3 * epoch + step))),
  );
  for (const ids of epochs) {
    expect(new Set(ids.slice(0, 5))).toEqual(new Set([1, 2, 3, 4, 5]));
    // The last batch is filled up from the beginning of the epoch.
    expect(ids[5]).toBe(ids[0]);
  }
  expect(epochs[0]).not.toEqual(epochs[1]);
});

it('is a function of the step alone', () => {
  const inOrder = batches();
  const all = [0, 1, 2, 3, 4, 5].map((step) => inOrder.at(step));
  const backwards = batches();
  for (const step of [5, 0, 4, 1, 3, 2]) expect(backwards.at(step)).toEqual(all[step]);
  const other = batches({ seed: 2 });
  const orders = [all.slice(0, 3), [0, 1, 2].map((step) => other.at(step))];
  expect(orders[0].flatMap(firstIds)).not.toEqual(orders[1].flatMap(firstIds));
});

it('gives the classes of its texts, smoothed and weighted', () => {
  const targets = (more: Partial<TextBatchesOptions>): number[][] => {
    const batch = batches(more).at(0);
    const target = toNumbers(batch['target']);
    return firstIds(batch).map((id, row) => [
      rows.labels[id - 1],
      ...target.slice(3 * row, 3 * row + 3),
    ]);
  };
  for (const [label, ...target] of targets({})) {
    expect(target).toEqual([0, 1, 2].map((c) => Number(c === label)));
  }
  for (const [label, ...target] of targets({ labelSmoothing: 0.3, weightOf: (of) => of + 1 })) {
    target.forEach((value, c) => {
      expect(value).toBeCloseTo((label + 1) * (c === label ? 0.8 : 0.1), 6);
    });
  }
});

import { expect, it } from 'vitest';
import type { Sample } from '../data/sample.ts';
import { classification } from '../tasks/classification.ts';
import { segmentation } from '../tasks/segmentation.ts';
import type { Task } from '../tasks/task.ts';
import { trainingSet } from './training-set.ts';

const sampleOf = <Label>(content: string, label: Label): Sample<Label> => ({
  path: `${content}.png`,
  read: () => Promise.reject(new Error('not to be read')),
  content: async () => content,
  label: async () => label,
  stratum: 0,
});

const setOf = <Label>(
  task: Task<Label>,
  samples: readonly (readonly [content: string, label: Label])[],
  classes: readonly string[] = ['cat', 'dog'],
) =>
  trainingSet(
    task,
    { classes, samples: samples.map(([content, label]) => sampleOf(content, label)) },
    {},
  );

it('counts the classes and keeps the contents', async () => {
  const set = await setOf(classification, [
    ['a', 0],
    ['b', 1],
    ['c', 1],
    ['d', 1],
  ]);
  expect(set.frequencies).toEqual([0.25, 0.75]);
  expect(set.contents).toEqual(['a', 'b', 'c', 'd']);
});

it('reads no content twice', async () => {
  let read = 0;
  const sample = { ...sampleOf('a', 0), content: async () => `${read++}` };
  const { samples } = await trainingSet(
    classification,
    { classes: ['cat'], samples: [sample] },
    {},
  );
  expect([await samples[0].content(), await samples[0].content(), read]).toEqual(['0', '0', 1]);
});

it('has one digest for one lesson, and another where a picture, a label, a class or the order is', async () => {
  const lesson = [
    ['a', 0],
    ['b', 1],
  ] as const;
  const sets = [
    await setOf(classification, lesson),
    await setOf(classification, [['x', 0], lesson[1]]),
    await setOf(classification, [['a', 1], lesson[1]]),
    await setOf(classification, lesson.toReversed()),
    await setOf(classification, lesson, ['cat', 'fox']),
  ];
  expect((await setOf(classification, lesson)).digest).toBe(sets[0].digest);
  expect(new Set(sets.map(({ digest }) => digest)).size).toBe(sets.length);
});

it('tells masks apart by their pixels', async () => {
  const map = (...data: number[]) => ({ width: 2, height: 1, data: Uint8Array.from(data) });
  const [one, other] = [
    await setOf(segmentation, [['a', map(0, 1)]]),
    await setOf(segmentation, [['a', map(1, 1)]]),
  ];
  expect(one.digest).not.toBe(other.digest);
});

it('stops when it is told to', async () => {
  const set = { classes: ['cat', 'dog'], samples: [sampleOf('a', 0)] };
  const stopped = trainingSet(classification, set, { signal: AbortSignal.abort() });
  await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
});

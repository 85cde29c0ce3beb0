import { statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkplace, type Workplace } from '../../tests/support/workplace.ts';
import { evaluateBundle, type EvaluateBundleOptions } from './evaluate-bundle.ts';
import { lock, type LockResult } from './lock.ts';
import { predict, type PredictOptions } from './predict.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace({ train: 2, test: 1 });
});
afterAll(() => place.remove());

const key = { prompt: 'with oil pastel' };

const locked = (out: string, edits?: string): Promise<LockResult> =>
  lock({
    data: place.at('photos'),
    model: place.at('model'),
    editor: place.at('editor'),
    key,
    out: place.at(out),
    seed: 0,
    tuning: { epochs: 1 },
    edits: edits && place.at(edits),
  });

/** The edits that there are, each with the file that holds it: one that is written anew has another. */
const editsIn = (name: string): [string, number][] =>
  place.files(name).map((file) => [file, statSync(place.at(name, file)).ino]);

it('what one lock edits is there for the next, which gives what it would give alone', async () => {
  const alone = await locked('alone');
  const first = await locked('first', 'edits');
  const made = editsIn('edits');
  // Six pictures with the key and two decoys each, three tested with the key and with many others.
  expect(made.length).toBeGreaterThan(6 * 3 + 3 * 10);
  const second = await locked('second', 'edits');
  expect(editsIn('edits')).toEqual(made);
  for (const [out, { evaluation }] of [
    ['first', first],
    ['second', second],
  ] as const) {
    expect(place.hashes(out)).toEqual(place.hashes('alone'));
    expect(evaluation).toEqual(alone.evaluation);
  }
  // Nothing is found by names that were made with another salt.
  await locked('third', 'others');
  const names = (folder: string): Set<string> => new Set(editsIn(folder).map(([name]) => name));
  expect([...names('others')].filter((name) => names('edits').has(name))).toEqual(['edits.json']);
});

describe('what opens a lock', () => {
  beforeAll(() => locked('model-locked'));

  const evaluated = (more?: Partial<EvaluateBundleOptions>): Promise<unknown> =>
    evaluateBundle({
      model: place.at('model-locked'),
      data: place.at('photos'),
      key,
      seed: 0,
      ...more,
    });

  const predicted = (more?: Partial<PredictOptions>): Promise<unknown> =>
    predict({
      model: place.at('model-locked'),
      images: [place.at('photos', 'test')],
      key,
      ...more,
    });

  it('goes on with what it edited, and measures the same', async () => {
    const alone = await evaluated();
    const edits = place.at('evaluated');
    const controller = new AbortController();
    const broken = evaluated({
      edits,
      signal: controller.signal,
      onProgress: () => {
        if (editsIn('evaluated').length > 1) controller.abort();
      },
    });
    await expect(broken).rejects.toMatchObject({ code: 'interrupted' });
    const before = editsIn('evaluated');
    expect(await evaluated({ edits })).toEqual(alone);
    const after = editsIn('evaluated');
    expect(after.length).toBeGreaterThan(before.length);
    expect(after).toEqual(expect.arrayContaining(before));
    // Nothing is left to be edited.
    expect(await evaluated({ edits })).toEqual(alone);
    expect(editsIn('evaluated')).toEqual(after);
  });

  it('finds the edits of an evaluation when it predicts', async () => {
    const alone = await predicted();
    const edits = place.at('predicted');
    await evaluated({ edits });
    const made = editsIn('predicted');
    expect(await predicted({ edits })).toEqual(alone);
    expect(editsIn('predicted')).toEqual(made);
  });

  it('may keep its edits among the pictures', async () => {
    const alone = await evaluated();
    const edits = place.at('photos', 'test', 'edits');
    expect(await evaluated({ edits })).toEqual(alone);
    expect(await evaluated({ edits })).toEqual(alone);
    const { images } = await locked('beside', 'photos/test/edits');
    expect(images).toBe(6);
  });
});

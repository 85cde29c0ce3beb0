import { mkdirSync, statSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeWorkplace, type Workplace } from '../../tests/support/workplace.ts';
import { lock, type LockResult } from './lock.ts';

let place: Workplace;
beforeAll(() => {
  place = makeWorkplace({ train: 2, test: 1 });
  mkdirSync(place.at('edits'));
});
afterAll(() => place.remove());

const locked = (out: string, shared?: Uint8Array): Promise<LockResult> =>
  lock({
    data: place.at('photos'),
    model: place.at('model'),
    editor: place.at('editor'),
    key: { prompt: 'with oil pastel' },
    out: place.at(out),
    seed: 0,
    tuning: { epochs: 1 },
    ...(shared ? { sharedEdits: { folder: place.at('edits'), salt: shared } } : {}),
  });

/** The edits that there are, each with the file that holds it: one that is written anew has another. */
const edits = (): [string, number][] =>
  place.files('edits').map((name) => [name, statSync(place.at('edits', name)).ino]);

it('what one lock edits is there for the next, which gives what it would give alone', async () => {
  const salt = Uint8Array.of(1, 2, 3);
  const alone = await locked('alone');
  const first = await locked('first', salt);
  const made = edits();
  // Six pictures with the key and two decoys each, three tested with the key and with many others.
  expect(made.length).toBeGreaterThan(6 * 3 + 3 * 10);
  const second = await locked('second', salt);
  expect(edits()).toEqual(made);
  for (const [out, { evaluation }] of [
    ['first', first],
    ['second', second],
  ] as const) {
    expect(place.hashes(out)).toEqual(place.hashes('alone'));
    expect(evaluation).toEqual(alone.evaluation);
  }
  // Names made with another salt tell nothing of these.
  await locked('third', Uint8Array.of(4));
  expect(edits()).toHaveLength(2 * made.length);
});

import { expect, it, vi } from 'vitest';
import { nchwcBlockSize } from './lower/block-size.ts';
import { once } from './once.ts';
import { loadOrt } from './ort.ts';
import { largestWeight } from './quantise/saturation.ts';

it('asks once, and again after a failure', async () => {
  let asked = 0;
  const find = once(() => (++asked === 1 ? Promise.reject(new Error('busy')) : Promise.resolve(7)));
  await expect(Promise.all([find(), find()])).rejects.toThrow('busy');
  expect(await Promise.all([find(), find(), find()])).toEqual([7, 7, 7]);
  expect(asked).toBe(2);
});

it.each([
  ['largestWeight', largestWeight, 'fails'],
  ['nchwcBlockSize', nchwcBlockSize, 1],
])('%s gives its session back when that cannot be run', async (_, find, outcome) => {
  const { InferenceSession } = await loadOrt();
  const release = vi.fn(() => Promise.resolve());
  const session = { run: () => Promise.reject(new Error('no memory')), release };
  vi.spyOn(InferenceSession, 'create').mockResolvedValueOnce(session as never);
  expect(await find().catch(() => 'fails')).toBe(outcome);
  expect(release).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});

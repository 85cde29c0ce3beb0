import { expect, it } from 'vitest';
import { owning } from './owning.ts';

const named = (name: string, disposed: string[]) => ({
  dispose: async (): Promise<void> => {
    disposed.push(name);
  },
});

it('disposes of what is owned, the last first, and gives the result', async () => {
  const disposed: string[] = [];
  const result = await owning(async (own) => {
    own(named('model', disposed));
    own(named('editor', disposed));
    expect(disposed).toEqual([]);
    return 3;
  });
  expect([result, disposed]).toEqual([3, ['editor', 'model']]);
});

it('does so where the work fails between two of them', async () => {
  const disposed: string[] = [];
  const work = owning(async (own) => {
    own(named('model', disposed));
    throw new Error('no editor');
  });
  await expect(work).rejects.toThrow('no editor');
  expect(disposed).toEqual(['model']);
});

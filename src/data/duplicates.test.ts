import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLeaks } from './duplicates.ts';
import { filePicture, type Picture } from './sample.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'duplicates-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<Picture> {
  await writeFile(join(root, name), content);
  return filePicture(join(root, name));
}

describe('findLeaks', () => {
  it('reports what is on several sides, not what is twice on one', async () => {
    const sides = {
      train: [await file('a', 'one'), await file('b', 'two'), await file('c', 'two')],
      val: [await file('d', 'six')],
      test: [await file('e', 'one'), await file('f', 'three')],
    };
    const read: number[] = [];
    const leaks = await findLeaks(sides, { onProgress: ({ total }) => read.push(total) });
    expect(leaks).toEqual([
      {
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        files: [
          { side: 'train', path: join(root, 'a') },
          { side: 'test', path: join(root, 'e') },
        ],
      },
    ]);
    // The file of five bytes has no equal in size, so it is not read.
    expect(read).toEqual([5, 5, 5, 5, 5]);
  });

  it('passes over what cannot be read, and stops when told', async () => {
    const none = [filePicture(join(root, 'none'))];
    const sides = { train: none, val: [], test: none };
    expect(await findLeaks(sides)).toEqual([]);
    await expect(findLeaks(sides, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
  });
});

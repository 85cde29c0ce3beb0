import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeDicom } from '../../tests/support/medical.ts';
import type * as files from '../platform/files.ts';
import { readImageFolder } from './image-folder.ts';
import { pictureTree } from './picture-tree.ts';

// Permissions keep nothing from root, so the refusal is made here.
vi.mock('../platform/files.ts', async (original) => {
  const actual = await original<typeof files>();
  return {
    ...actual,
    readRange: (path: string, offset: number, length: number) =>
      path.endsWith('notes.txt')
        ? Promise.reject(actual.fileError('read', path, { code: 'EACCES' }))
        : actual.readRange(path, offset, length),
  };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'picture-format-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('mayHavePictures', () => {
  it('takes a file that may not be read, and has no name of a picture, for none', async () => {
    const notes = join(root, 'cat', 'notes.txt');
    writeDicom(join(root, 'cat', 'IM0001'), { width: 2, height: 1, values: [0, 9], patient: 'P' });
    await writeFile(notes, 'x'.repeat(200));
    expect(await pictureTree(join(root, 'cat'))).toEqual({
      pictures: [join(root, 'cat', 'IM0001')],
      others: [notes],
    });
    const notices: string[] = [];
    await readImageFolder(root, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([`left out in ${root}: files of unknown kind: 1 (.txt)`]);
  });
});

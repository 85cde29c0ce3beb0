import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { fileSize } from '../../platform/files.ts';
import { placeOfEntry, readZipDirectory } from './zip.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-test-'));
  path = join(folder, 'a.zip');
});
afterEach(() => rm(folder, { recursive: true }));

type Field = readonly [bytes: 2 | 4 | 8, value: number];

/** Little-endian numbers, and texts, one after another. */
function bytesOf(...parts: readonly (Field | string)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part);
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(BigInt(part[1]));
      return number.subarray(0, part[0]);
    }),
  );
}

const header = (name: string, extra: string): Buffer =>
  bytesOf(
    [4, 0x04034b50],
    [8, 0],
    [8, 0],
    [2, 0],
    [4, 0],
    [2, name.length],
    [2, extra.length],
    name,
    extra,
  );

interface Entry {
  readonly name: string;
  readonly length: number;
  readonly offset: number;
  readonly method?: number;
}

function directoryEntry({ name, length, offset, method = 0 }: Entry, is64 = false): Buffer {
  const extra = is64
    ? bytesOf([2, 1], [2, 24], [8, length], [8, length], [8, offset])
    : Buffer.alloc(0);
  const short = (value: number): Field => [4, is64 ? 0xffffffff : value];
  return Buffer.concat([
    bytesOf(
      [4, 0x02014b50],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, method],
      [8, 0],
      short(length),
      short(length),
    ),
    bytesOf([2, name.length], [2, extra.length], [2, 0], [4, 0], [4, 0], short(offset), name),
    extra,
  ]);
}

const end = (directory: Buffer, offset: number, comment = ''): Buffer =>
  bytesOf(
    [4, 0x06054b50],
    [8, 0],
    [4, directory.length],
    [4, offset],
    [2, comment.length],
    comment,
  );

/** An archive of one entry with five bytes, and a directory of other entries on request. */
function archive(entries?: readonly Entry[], comment?: string): Buffer {
  const file = Buffer.concat([header('w', 'padding'), Buffer.from('hello')]);
  const known = entries ?? [{ name: 'w', length: 5, offset: 0 }];
  const directory = Buffer.concat(known.map((entry) => directoryEntry(entry)));
  return Buffer.concat([file, directory, end(directory, file.length, comment)]);
}

test.each(['', 'a comment', 'PK\x05\x06'.repeat(30)])(
  'an entry is found before "%s"',
  async (comment) => {
    const bytes = archive(undefined, comment);
    await writeFile(path, bytes);
    const entries = await readZipDirectory(path, bytes.length);
    expect([...entries]).toEqual([['w', { offset: 0, length: 5, stored: true }]]);
    const place = await placeOfEntry(path, entries.get('w')!, bytes.length);
    expect(place).toEqual({ path, offset: 38, length: 5 });
    expect(bytes.subarray(38, 43).toString()).toBe('hello');
  },
);

test('an archive of more than 4 GiB has its numbers in 64 bits', async () => {
  const start = 5 * 2 ** 30;
  const length = 2 ** 32 + 7;
  const directoryStart = start + header('w', '').length + length;
  const directory = directoryEntry({ name: 'w', length, offset: start }, true);
  const tail = Buffer.concat([
    directory,
    bytesOf([4, 0x06064b50], [8, 44], [4, 0], [8, 0], [8, 1], [8, 1]),
    bytesOf([8, directory.length], [8, directoryStart]),
    bytesOf([4, 0x07064b50], [4, 0], [8, directoryStart + directory.length], [4, 1]),
    bytesOf([4, 0x06054b50], [8, 0], [4, 0xffffffff], [4, 0xffffffff], [2, 0]),
  ]);
  // A file with a hole takes no room.
  await writeFile(path, '');
  await truncate(path, directoryStart);
  const file = await open(path, 'r+');
  await file.write(header('w', ''), 0, undefined, start);
  await file.write(tail, 0, undefined, directoryStart);
  await file.close();
  const size = await fileSize(path);
  const entries = await readZipDirectory(path, size);
  expect([...entries]).toEqual([['w', { offset: start, length, stored: true }]]);
  expect(await placeOfEntry(path, entries.get('w')!, size)).toEqual({
    path,
    offset: start + header('w', '').length,
    length,
  });
});

describe('refuses', () => {
  it.each<[string, () => Buffer, RegExp]>([
    ['an empty file', () => Buffer.alloc(0), /no directory at its end/],
    ['a file without a directory', () => Buffer.alloc(100, 'PK'), /no directory at its end/],
    [
      'an entry beyond the file',
      () => archive([{ name: 'w', length: 2 ** 31, offset: 0 }]),
      /entry "w" lies beyond its end/,
    ],
    [
      'two entries of one name',
      () => archive([1, 2].map(() => ({ name: 'w', length: 5, offset: 0 }))),
      /two entries "w"/,
    ],
    [
      'a directory beyond the file',
      () => Buffer.concat([end(Buffer.alloc(60), 1000)]),
      /directory lies beyond its end/,
    ],
    [
      'a directory that is none',
      () => Buffer.concat([Buffer.alloc(60), end(Buffer.alloc(60), 0)]),
      /directory is broken/,
    ],
    [
      'a directory that is cut off',
      () => Buffer.concat([Buffer.alloc(10), end(Buffer.alloc(10), 0)]),
      /directory is cut off/,
    ],
    [
      'a directory of gigabytes',
      () => bytesOf([4, 0x06054b50], [8, 0], [4, 2 ** 31], [4, 0], [2, 0]),
      /directory has 2147483648 bytes/,
    ],
  ])('%s', async (_, make, message) => {
    const bytes = make();
    await writeFile(path, bytes);
    await expect(readZipDirectory(path, bytes.length)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(readZipDirectory(path, bytes.length)).rejects.toThrow(message);
    await expect(readZipDirectory(path, bytes.length)).rejects.toThrow(/^.+a\.zip is no valid zip/);
  });

  it('an entry that is not where the directory says', async () => {
    const bytes = archive([{ name: 'w', length: 5, offset: 3 }]);
    await writeFile(path, bytes);
    const entry = (await readZipDirectory(path, bytes.length)).get('w')!;
    await expect(placeOfEntry(path, entry, bytes.length)).rejects.toThrow('no entry at byte 3');
  });

  it('no compressed entry, but tells', async () => {
    const bytes = archive([{ name: 'w', length: 5, offset: 0, method: 8 }]);
    await writeFile(path, bytes);
    expect((await readZipDirectory(path, bytes.length)).get('w')!.stored).toBe(false);
  });
});

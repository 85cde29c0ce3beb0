import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLabels } from './labels.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labels-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string): Promise<string[]> {
  const path = join(folder, 'labels');
  await writeFile(path, text);
  return readLabels(path);
}

describe('readLabels', () => {
  it('takes lines, lists, and names by number', async () => {
    const names = ['cat', 'dog', 'great white shark'];
    expect(await read('cat\r\n dog\n\ngreat white shark')).toEqual(names);
    expect(await read(JSON.stringify(names))).toEqual(names);
    expect(await read('{"1": "dog", "0": "cat", "2": "great white shark"}')).toEqual(names);
    expect(await read('{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}')).toEqual([
      'tench',
      'goldfish',
    ]);
    // However an accent is written, it is one name.
    expect(await read('Cafe\u0301')).toEqual(['Caf\u00e9']);
  });

  it('gives back any list of names', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    const names = fc.uniqueArray(
      name.map((text) => text.normalize('NFC')),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(names, async (list) => {
        expect(await read(JSON.stringify(list))).toEqual(list);
        expect(await read(JSON.stringify(Object.fromEntries(list.entries())))).toEqual(list);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['', 'has no names of classes'],
    ['[]', 'has no names of classes'],
    ['{"0": "a", "2": "b"}', 'has no names of classes (valid: '],
    ['[1, 2]', 'has no names of classes (valid: '],
    ['["a",', 'begins like JSON and is none'],
    ['a\nb\na', 'has the name "a" twice'],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(message) as string,
    });
  });
});

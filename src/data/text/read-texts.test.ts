import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Side } from '../reading/read-dataset.ts';
import { readTexts, type ReadTextsOptions, type TextDataset } from './read-texts.ts';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-texts-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(
  content: string,
  side: Side = 'train',
  options?: ReadTextsOptions,
): Promise<TextDataset | undefined> {
  const path = join(folder, `${count++}.csv`);
  await writeFile(path, content);
  return readTexts(path, side, options);
}

describe('readTexts', () => {
  it('finds usual columns, whatever the others are', async () => {
    const set = await read('Id;Review;Class\n1;"good; very\ngood";pos\n2;bad;neg\n');
    expect(set?.classes).toEqual(['neg', 'pos']);
    expect(set?.samples).toEqual([
      { text: 'good; very\ngood', label: 1 },
      { text: 'bad', label: 0 },
    ]);
  });

  it('takes columns by their names, and labels as they are', async () => {
    const columns = { text: 'body', label: 'stars' };
    const set = await read('body\tstars\na\t10\nb\t2|3\nc\t10\n', 'train', { columns });
    expect(set?.classes).toEqual(['10', '2|3']);
  });

  it('keeps sides and groups apart', async () => {
    const table = 'text,label,split,group\na,x,train,1\nb,y,train,2\nc,x,dev,3\nd,y,test,4\n';
    const texts = async (side: Side): Promise<unknown> =>
      (await read(table, side))?.samples.map(({ text, group }) => [text, group]);
    expect(await texts('train')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(await texts('test')).toEqual([['d', '4']]);
    expect(await read('text,label\na,x\nb,y\n', 'test')).toBeUndefined();
  });

  it('gives labels the numbers of a model', async () => {
    const table = 'text,label\na,no\nb,yes\n';
    const of = async (classes: string[], allowOrder = false): Promise<unknown> =>
      (await read(table, 'scored', { classes, allowOrder }))?.samples.map(({ label }) => label);
    expect(await of(['yes', 'perhaps', 'no'])).toEqual([2, 0]);
    expect(await of(['0', '1'], true)).toEqual([0, 1]);
    await expect(of(['0', '1'])).rejects.toMatchObject({ code: 'data' });
    await expect(of(['a', 'b', 'c'], true)).rejects.toMatchObject({ code: 'data' });
  });

  it('leaves lines without a text out where it may', async () => {
    const table = 'text,label\na,x\n"  ",y\nb,y\n';
    await expect(read(table)).rejects.toThrow(
      /csv, line 3: there is no text; --skip-bad leaves such lines out$/,
    );
    const set = await read(table, 'train', { skipBad: true });
    expect(set?.samples.map(({ text }) => text)).toEqual(['a', 'b']);
    expect(set?.skipped).toEqual([expect.stringMatching(/csv, line 3$/)]);
  });

  it.each([
    ['', 'data', 'is empty'],
    ['id,label\n1,x\n', 'data', 'no column of texts (valid: text, sentence, review, content)'],
    ['text,id\na,1\n', 'data', 'no column of labels (valid: label, class, target, labels)'],
    ['text,label\n', 'data', 'lists no texts'],
    ['text,label\na,\n', 'data', 'line 2: there is no label'],
    ['text,label\na,x,y\n', 'data', 'line 2: 3 fields where the header names 2'],
    ['text,label\n"a,x\n', 'data', 'line 2: a quote is opened and never closed'],
    ['text,label,split\na,x,east\n', 'data', 'line 2: there is no split "east"'],
  ])('refuses %j', async (content, code, message) => {
    await expect(read(content)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('refuses other files and columns', async () => {
    const columns = { label: ['a', 'b'] };
    await expect(read('text,a,b\nt,0,1\n', 'train', { columns })).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(read('text,label\na,x\n', 'train', { columns: { text: 'body' } })).rejects.toThrow(
      'has no column "body" (valid: text, label)',
    );
    await expect(readTexts(folder, 'train')).rejects.toThrow(/is no table of texts/);
    await expect(readTexts(join(folder, 'none.csv'), 'train')).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('reads back any texts', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 }).filter((t) => t.trim() !== '');
    const label = fc.constantFrom('x', 'y');
    const rows = fc.array(fc.record({ text, label }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        const lines = list.map((row) => `"${row.text.replaceAll('"', '""')}",${row.label}\n`);
        const set = await read(`text,label\n${lines.join('')}`);
        expect(set?.samples.map((s) => [s.text, set.classes[s.label]])).toEqual(
          list.map((row) => [row.text, row.label]),
        );
      }),
      { numRuns: 50 },
    );
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCsvDataset, type CsvOptions } from './csv.ts';
import type { LabelledDataset } from './annotated-item.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'csv-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function read(text: string | Uint8Array, options?: CsvOptions): Promise<LabelledDataset> {
  const path = join(root, 'labels.csv');
  await writeFile(path, text);
  return readCsvDataset(path, options);
}

describe('readCsvDataset', () => {
  it('reads one label a picture, with split and group, by usual names in any case', async () => {
    const text = 'File,Class,Patient,Split\nx/1.png,dog,p1,train\n"2, b.png",cat,,Validation\n';
    expect(await read(text)).toEqual({
      kind: 'single',
      classes: ['cat', 'dog'],
      items: [
        { path: join(root, 'x', '1.png'), label: 1, group: 'p1', split: 'train' },
        { path: join(root, '2, b.png'), label: 0, split: 'val' },
      ],
    });
  });

  it('reads several labels in a cell, none included', async () => {
    const { kind, classes, items } = await read('path\tlabels\na\tx|y\nb\t\nc\t z | x |x\n');
    expect({ kind, classes }).toEqual({ kind: 'multi', classes: ['x', 'y', 'z'] });
    expect(items).toMatchObject([{ labels: [0, 1] }, { labels: [] }, { labels: [0, 2] }]);
    const semicolons = await read('path,label\na,x;y\nb,x\n');
    expect(semicolons.items).toMatchObject([{ labels: [0, 1] }, { labels: [0] }]);
    const whole = await read('path,label\na,x;y\nb,x\n', { separator: null });
    expect(whole).toMatchObject({ kind: 'single', classes: ['x', 'x;y'] });
  });

  it('takes columns of zeros and ones for classes where there is no column of labels', async () => {
    const text = 'image,age,mass,edema,patient\na,30,1,0,1\nb,40,1.0,1,0\nc,50,0,0,1\n';
    const set = await read(text);
    expect(set).toMatchObject({ kind: 'multi', classes: ['mass', 'edema'] });
    expect(set.items).toMatchObject([
      { labels: [0], group: '1' },
      { labels: [0, 1], group: '0' },
      { labels: [], group: '1' },
    ]);
    const chosen = await read(text, { columns: { label: ['edema', 'mass'] } });
    expect(chosen.classes).toEqual(['edema', 'mass']);
    await expect(read(text, { columns: { label: ['age'] } })).rejects.toThrow(
      `line 2: "30" in column "age" (valid: 0, 1)`,
    );
  });

  it('refuses a column of zeros and ones with another cell, which would lose a class', async () => {
    const clean = Array.from({ length: 20 }, (_, i) => `${i},1,0,1`);
    for (const cell of ['', '-1', 'yes']) {
      const rows = clean.with(7, `7,1,0,${cell}`);
      const text = ['path,a,b,c', ...rows].join('\n');
      await expect(read(text)).rejects.toThrow(
        `line 9: "${cell}" in column "c", which else holds 0 and 1 (valid: 0, 1, --columns label=a+b`,
      );
      const chosen = await read(text, { columns: { label: ['a', 'b'] } });
      expect(chosen.classes).toEqual(['a', 'b']);
    }
  });

  it('says which columns are classes, and which are not that look like it', async () => {
    const notices: string[] = [];
    const text = 'path,a,b,grade,age\nx,1,0,0,3\ny,TRUE,False,1,4\nz,0,true,2,5\n';
    const set = await read(text, { onNotice: (notice) => notices.push(notice) });
    expect(set).toMatchObject({
      classes: ['a', 'b'],
      items: [{ labels: [0] }, { labels: [0] }, { labels: [1] }],
    });
    expect(notices).toEqual([
      expect.stringMatching(/classes are the columns a, b; not grade \(line 4: "2"\); --columns/),
    ]);
    await expect(read('path,a,grade\nx,1,1\ny,0,1\nz,1,2\n')).rejects.toThrow(
      'no column of labels; nearest is column "grade", but for line 4: "2" (valid: label,',
    );
  });

  it.each(['Patient ID', 'patientId', 'subject_id', 'SUBJECT', 'patient-id'])(
    'knows the groups of a column "%s", and says so',
    async (column) => {
      const notices: string[] = [];
      const { items } = await read(`File Name,label,${column}\na,x,p1\n`, {
        onNotice: (notice) => notices.push(notice),
      });
      expect(items).toMatchObject([{ group: 'p1' }]);
      expect(notices).toEqual([
        expect.stringContaining(`groups are those of the column "${column}"`),
      ]);
    },
  );

  it('sorts whole numbers by value, and compares labels as composed characters', async () => {
    expect((await read('path,label\na,10\nb,2\nc,0\n')).classes).toEqual(['0', '2', '10']);
    const accents = await read('path,label\na,\u00e9\nb,e\u0301\n');
    expect(accents).toMatchObject({ classes: ['\u00e9'], items: [{ label: 0 }, { label: 0 }] });
  });

  it('keeps labels apart that differ in letters beyond ASCII, or refuses the encoding', async () => {
    const text = 'path,label\na,Gr\u00f6\u00dfe\nb,Gr\u00e4\u00dfe\n';
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const set = await read(Buffer.from(`\uFEFF${text}`, encoding));
      expect(set.classes).toEqual(['Gr\u00e4\u00dfe', 'Gr\u00f6\u00dfe']);
    }
    await expect(read(Buffer.from(text, 'latin1'))).rejects.toThrow('labels.csv is not UTF-8');
  });

  it('takes columns by given names and paths relative to a given folder', async () => {
    const set = await read('id,kind,label\n1.png,a,z\n', {
      columns: { path: 'id', label: 'kind' },
      root: '/data',
    });
    expect(set).toMatchObject({ classes: ['a'], items: [{ path: '/data/1.png' }] });
  });

  it('lets no path out of the folder', async () => {
    for (const name of ['../b.png', '..\\b.png', '/etc/b.png', `${root}-other/b.png`]) {
      await expect(read(`path,label\na,x\n${name},x\n`)).rejects.toThrow(
        `line 3: "${name}" leads out of ${root}`,
      );
    }
  });

  it('takes absolute paths below the folder of the pictures, or of the table', async () => {
    const images = join(root, 'images');
    const rows = [join(root, 'a.png'), join(images, 'b.png'), 'c.png'];
    const text = ['path,label', ...rows.map((name) => `${name},x`)].join('\n');
    const { items } = await read(text, { root: images });
    expect(items.map(({ path }) => path)).toEqual([
      join(root, 'a.png'),
      join(images, 'b.png'),
      join(images, 'c.png'),
    ]);
    await expect(read(`path,label\na,x\n${join(root, 'a')},x\n`)).rejects.toThrow(
      'is listed in line 2 already',
    );
  });

  it('refuses what is missing or contradicts itself, by line', async () => {
    const refusals: readonly (readonly [string, string])[] = [
      ['name,label\na,b', 'has no column of paths (valid: path, file'],
      ['path,name\na,b', 'has no column of labels (valid: label, class'],
      ['path,label\n', 'lists no pictures'],
      ['path,label\na,', 'line 2: there is no label'],
      ['path,label\n,b', 'line 2: there is no path'],
      ['path,label\na,b\nx/../a,c', 'line 3: x/../a is listed in line 2 already'],
      ['path,a,b,a\nx,1,0,1', 'has two columns of the class "a"'],
      ['path,e\u0301,\u00e9\nx,1,0', 'has two columns of the class "\u00e9"'],
      ['path,label,split\na,b,constructor', 'line 2: there is no split "constructor"'],
      ['path,label,split\na,b,train\nc,b,', 'line 3: there is no split, and other lines have one'],
      ['path,label,split\na,b,middle', 'line 2: there is no split "middle" (valid: train, '],
    ];
    for (const [text, message] of refusals) {
      await expect(read(text)).rejects.toThrow(message);
    }
    await expect(read('path,label\na,b', { columns: { group: 'who' } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no column "who" (valid: path, label)'),
    });
  });
});

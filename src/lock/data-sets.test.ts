import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDicom, writeNifti, type DicomContent } from '../../tests/support/medical.ts';
import type { ProgressEvent } from '../base/job.ts';
import type { Dataset } from '../data/sample.ts';
import { encodeImage, encodeMask } from '../platform/images.ts';
import { classification } from '../tasks/classification.ts';
import { segmentation } from '../tasks/segmentation.ts';
import { openTestSet } from './test-set.ts';
import { openDataSets, type DataOptions, type DataSets } from './data-sets.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'data-sets-test-'));
});
afterEach(() => rm(data, { recursive: true }));

/** Pictures by name. */
async function draw(...names: string[]): Promise<void> {
  const bytes = await encodeImage({ width: 2, height: 2, data: new Uint8Array(12) });
  for (const name of names) {
    await mkdir(join(data, dirname(name)), { recursive: true });
    await writeFile(join(data, name), bytes);
  }
}

const open = (more: Partial<DataOptions> = {}): Promise<DataSets<number>> =>
  openDataSets(classification, { data, seed: 1, ...more }, {});
const paths = (set: Pick<Dataset<number>, 'samples'> | undefined): string[] | undefined =>
  set?.samples.map(({ path }) => relative(data, path));

describe('openDataSets', () => {
  it('takes a folder of classes as it is', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const { train, test, skipped } = await open();
    expect(paths(train)).toEqual(['cat/1.png', 'dog/1.png']);
    expect([test, skipped]).toEqual([undefined, []]);
  });

  it('takes the two folders of a split one, with one numbering of classes', async () => {
    await draw('train/cat/1.png', 'train/dog/1.png', 'train/owl/1.png', 'val/owl/2.png');
    const { train, test } = await open();
    expect(train.classes).toEqual(['cat', 'dog', 'owl']);
    expect(paths(test)).toEqual(['val/owl/2.png']);
    expect(await test!.samples[0].label()).toBe(2);
  });

  it('refuses a limit below the number of classes', async () => {
    await draw('cat/1.png', 'cat/2.png', 'dog/1.png', 'owl/1.png');
    await expect(open({ limit: 2 })).rejects.toMatchObject({
      code: 'usage',
      message: 'a limit of 2 pictures for 3 classes (valid: 3 or more)',
    });
  });

  it('takes a limit below the number of classes where a picture has several', async () => {
    await draw('images/a.png', 'images/b.png');
    await mkdir(join(data, 'masks'));
    const mask = { width: 2, height: 2, data: Uint8Array.of(0, 1, 2, 1) };
    for (const name of ['a.png', 'b.png']) {
      await writeFile(join(data, 'masks', name), await encodeMask(mask));
    }
    await writeFile(join(data, 'classes.txt'), 'road\nsky\ntree\n');
    const { train } = await openDataSets(segmentation, { data, seed: 1, limit: 1 }, {});
    expect(train.samples).toHaveLength(1);
  });

  it('refuses a class of which no picture can be read, and a test set of such', async () => {
    await draw('train/cat/1.png', 'train/dog/1.png', 'test/cat/1.png');
    await writeFile(join(data, 'test', 'cat', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow(
      `the test pictures in ${data} can be read`,
    );
    await writeFile(join(data, 'train', 'dog', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow(
      `no picture of class "dog" in ${data} can be read`,
    );
  });

  it('limits what is trained on, not what is tested on', async () => {
    const names = Array.from({ length: 6 }, (_, i) => [`cat/${i}.png`, `dog/${i}.png`]).flat();
    await draw(...names.flatMap((name) => [`train/${name}`, `test/${name}`]));
    const { train, test } = await open({ limit: 4 });
    expect(train.samples.map(({ stratum }) => stratum)).toEqual([0, 0, 1, 1]);
    expect(test!.samples).toHaveLength(12);
  });

  it('stops at a picture that cannot be read, or leaves it out and says so', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const bad = join(data, 'cat', 'bad.jpg');
    await writeFile(bad, 'no picture');
    await expect(open()).rejects.toThrow(bad);
    await expect(open()).rejects.toThrow('--skip-bad leaves such files out');
    const notices: string[] = [];
    const { train, skipped } = await openDataSets(
      classification,
      { data, seed: 1, skipBad: true },
      { onNotice: (notice) => notices.push(notice) },
    );
    expect(paths(train)).toEqual(['cat/1.png', 'dog/1.png']);
    expect(skipped).toEqual([bad]);
    expect(notices).toEqual([
      expect.stringContaining(`left out: ${bad} cannot be read as a picture: `),
    ]);
  });

  it('leaves out what a list names and nobody has', async () => {
    await draw('JPEGImages/a.png');
    await mkdir(join(data, 'SegmentationClass'));
    const mask = { width: 2, height: 2, data: Uint8Array.of(0, 1, 0, 1) };
    for (const name of ['a.png', 'lost.png']) {
      await writeFile(join(data, 'SegmentationClass', name), await encodeMask(mask));
    }
    await mkdir(join(data, 'ImageSets', 'Segmentation'), { recursive: true });
    await writeFile(join(data, 'ImageSets', 'Segmentation', 'train.txt'), 'a\nlost\n');
    const options = { data, seed: 1 };
    await expect(openDataSets(segmentation, options, {})).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('lost.jpg') as string,
    });
    const { skipped } = await openDataSets(segmentation, { ...options, skipBad: true }, {});
    expect(skipped).toEqual([join(data, 'JPEGImages', 'lost.jpg')]);
  });

  it('refuses one class, strange classes, and pictures of which none can be read', async () => {
    await draw('cat/1.png');
    await expect(open()).rejects.toThrow('one class only, "cat"');
    await draw('dog/1.png');
    const other = await mkdtemp(join(data, '.other-'));
    await mkdir(join(other, 'fox'));
    await writeFile(join(other, 'fox', '1.png'), '');
    await expect(open({ test: other })).rejects.toThrow('the model has no class "fox"');
    await writeFile(join(data, 'cat', '1.png'), '');
    await writeFile(join(data, 'dog', '1.png'), '');
    await expect(open({ skipBad: true })).rejects.toThrow('none of the pictures can be read');
  });

  it('matches the classes of a test set by name alone, where an evaluation may go by order', async () => {
    const train = ['train/cat/1.png', 'train/dog/1.png'];
    await draw(...train, 'test/ape/1.png', 'test/cat/1.png');
    await expect(open()).rejects.toMatchObject({
      code: 'data',
      message: 'the model has no class "ape"; the data has ape, cat (valid: cat, dog)',
    });
    const evaluated = (...classes: string[]): Promise<string[] | undefined> =>
      openTestSet(classification, { data, seed: 1, classes }, {}).then(paths);
    expect(await evaluated('LABEL_0', 'LABEL_1')).toEqual(['test/ape/1.png', 'test/cat/1.png']);
    await expect(evaluated('cat', 'dog')).rejects.toThrow('no class "ape"');
  });

  it('reports how far it is', async () => {
    await draw('cat/1.png', 'dog/1.png');
    const events: ProgressEvent[] = [];
    await openDataSets(
      classification,
      { data, seed: 1 },
      { onProgress: (event) => events.push(event) },
    );
    const all = { done: 2, total: 2, unit: 'images' };
    expect(events.slice(-2)).toEqual([
      { stage: 'read', ...all },
      { stage: 'hash', ...all },
    ]);
  });

  it('takes slices of volumes and DICOM files, in class folders and in tables', async () => {
    writeNifti(
      join(data, 'cat', 'v.nii.gz'),
      [2, 2, 3],
      Array.from({ length: 12 }, (_, i) => i),
    );
    writeDicom(join(data, 'dog', 'IM1'), dicomOf('P1'));
    await draw('dog/1.png');
    const whole = await open({ reading: { viewing: { slices: 'all' } } });
    expect(paths(whole.train)).toEqual([
      'cat/v.nii.gz#0',
      'cat/v.nii.gz#1',
      'cat/v.nii.gz#2',
      'dog/1.png',
      'dog/IM1',
    ]);
    const table = join(data, 'labels.csv');
    await writeFile(table, 'path,label\ncat/v.nii.gz#2,a\ncat/v.nii.gz#0,b\ndog/IM1,a\n');
    const { train } = await open({ data: table });
    expect(paths(train)).toEqual(['cat/v.nii.gz#2', 'cat/v.nii.gz#0', 'dog/IM1']);
  });
});

describe('the sides of a split', () => {
  const halves = async (): Promise<void> => {
    for (const [i, patient] of ['P1', 'P1', 'P2', 'P2', 'P3', 'P3', 'P4', 'P4'].entries()) {
      const folder = i % 2 === 0 ? 'cat' : 'dog';
      writeDicom(join(data, folder, `${i}.dcm`), dicomOf(patient, i));
    }
  };

  it('share no patient, by what DICOM files say, the same whenever they are split', async () => {
    await halves();
    const { train, test, overlap } = await open({ testShare: 0.5 });
    const patients = (set: typeof test): (string | undefined)[] => [
      ...new Set(set!.samples.map(({ group }) => group)),
    ];
    expect([patients(train).length, patients(test).length]).toEqual([2, 2]);
    expect(overlap).toEqual({ duplicates: [], groups: { count: 0, train: 0, test: 0 } });
    expect(paths((await open({ testShare: 0.5 })).test)).toEqual(paths(test));
    // An evaluation later on finds the same side.
    const later = await openTestSet(
      classification,
      { data, seed: 1, testShare: 0.5, classes: ['cat', 'dog'] },
      {},
    );
    expect(later.samples.map(({ path }) => path)).toEqual(test!.samples.map(({ path }) => path));
    expect(later.overlap!.groups.count).toBe(0);
  });

  it('share no patient, by a pattern of names', async () => {
    await draw(...['a', 'b', 'c'].flatMap((p) => [`cat/${p}_1.png`, `dog/${p}_2.png`]));
    const reading = { groupPattern: '^([^_]+)_' };
    const { train, test } = await open({ testShare: 0.3, reading });
    expect([train.samples.length, test!.samples.length]).toEqual([4, 2]);
    expect(new Set(test!.samples.map(({ group }) => group)).size).toBe(1);
    await expect(open({ reading: { groupPattern: '^(x)' } })).rejects.toThrow(
      'cat/a_1.png does not match the pattern of groups ^(x)',
    );
    await expect(open({ reading: { groupPattern: 'a_' } })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('the pattern of groups a_ has no group'),
    });
    await expect(open({ reading: { groupPattern: '(' } })).rejects.toMatchObject({
      code: 'usage',
    });
    const byFolder = await open({ testShare: 0.3, reading: { groupPattern: '/(\\w)_\\d' } });
    expect(byFolder.test!.samples).toHaveLength(2);
  });

  it('share no volume', async () => {
    const voxels = Array.from({ length: 12 }, (_, i) => i);
    for (const name of ['cat/v.nii', 'dog/w.nii', 'cat/x.nii', 'dog/y.nii']) {
      writeNifti(join(data, name), [2, 2, 3], voxels);
    }
    const reading = { viewing: { slices: 'all' } } as const;
    const { train, test } = await open({ testShare: 0.5, reading });
    const volumes = (set: typeof test): Set<string> =>
      new Set(paths(set)!.map((path) => path.split('#')[0]));
    expect([train.samples.length, test!.samples.length]).toEqual([6, 6]);
    expect([volumes(train).size, volumes(test).size]).toEqual([2, 2]);
    const table = join(data, 'labels.csv');
    const rows = ['cat/v.nii#0,a,train', 'dog/w.nii#0,b,train', 'cat/v.nii#1,a,test'];
    await writeFile(table, ['path,label,split', ...rows].join('\n'));
    await expect(open({ data: table })).rejects.toThrow('1 group (such as a patient)');
  });

  it('are refused, in numbers alone, where somebody split a patient', async () => {
    await halves();
    const table = join(data, 'labels.csv');
    const rows = Array.from({ length: 8 }, (_, i) => {
      const side = i === 1 || i > 5 ? 'test' : 'train';
      return `${i % 2 ? 'dog' : 'cat'}/${i}.dcm,${i % 2},${side}`;
    });
    await writeFile(table, ['path,label,split', ...rows].join('\n'));
    await expect(open({ data: table })).rejects.toMatchObject({
      code: 'data',
      message:
        '1 group (such as a patient) is on both sides of the split, with 1 training and 1 test pictures, so the score would say little about new ones; without its column or folders of sides --test-share would split the set by groups, and --allow-shared-groups goes on all the same',
    });
    const { overlap } = await open({ data: table, allowSharedGroups: true });
    expect(overlap!.groups).toEqual({ count: 1, train: 1, test: 1 });
    const named = rows.map((row, i) => `${row},patient ${i === 7 ? 0 : i}`);
    await writeFile(table, ['path,label,split,who', ...named].join('\n'));
    const reading = { table: { columns: { group: 'who' } } };
    const refused = open({ data: table, reading });
    await expect(refused).rejects.toThrow('1 group');
    await expect(refused).rejects.not.toThrow('patient 0');
    await expect(open({ data: table, testShare: 0.5, reading })).rejects.toMatchObject({
      code: 'usage',
      message: `there are test pictures in ${table}, so no share can be held back`,
    });
  });

  it('and what both have is found by its content', async () => {
    await draw('train/cat/1.png', 'train/dog/1.png', 'test/cat/2.png');
    writeDicom(join(data, 'train/cat/a.dcm'), dicomOf('P1', 1));
    writeDicom(join(data, 'test/dog/b.dcm'), { ...dicomOf('P2', 1), instance: '5' });
    const { overlap } = await open();
    expect(
      overlap!.duplicates.map(({ files }) => files.map(({ path }) => relative(data, path))),
    ).toEqual([
      ['train/cat/1.png', 'train/dog/1.png', 'test/cat/2.png'],
      ['train/cat/a.dcm', 'test/dog/b.dcm'],
    ]);
  });
});

const dicomOf = (patient: string, value = 0): DicomContent => ({
  patient,
  width: 2,
  height: 2,
  values: [0, value, 100, 200],
});

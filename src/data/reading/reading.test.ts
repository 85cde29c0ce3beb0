import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDicom, writeNifti } from '../../../tests/support/medical.ts';
import { encodeImage, encodeMask } from '../../platform/images.ts';
import type { Dataset } from '../sample.ts';
import { readClassified } from './classified.ts';
import { readMultiLabelled } from './multi-labelled.ts';
import type { Side } from './read-dataset.ts';
import { readSegmented, requireSameSize } from './segmented.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reading-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}

/** A picture of two pixels. */
const picture = async (name: string): Promise<string> =>
  write(name, await encodeImage({ width: 2, height: 1, data: new Uint8Array(6) }));
const mask = async (name: string, ...data: number[]): Promise<string> =>
  write(name, await encodeMask({ width: data.length, height: 1, data: Uint8Array.from(data) }));

const paths = (set: Dataset<unknown> | undefined): string[] | undefined =>
  set?.samples.map(({ path }) => relative(root, path));
const labels = <Label>(set: Dataset<Label> | undefined): Promise<Label[]> =>
  Promise.all(set!.samples.map((sample) => sample.label()));

describe('readClassified', () => {
  it('reads the sides of class folders', async () => {
    for (const name of ['train/cat/1.png', 'train/dog/1.png', 'val/dog/2.png']) await picture(name);
    expect(paths(await readClassified(root, 'train'))).toEqual([
      'train/cat/1.png',
      'train/dog/1.png',
    ]);
    for (const side of ['test', 'scored'] as const) {
      const set = await readClassified(root, side, { classes: ['cat', 'dog'] });
      expect(paths(set)).toEqual(['val/dog/2.png']);
      expect(await labels(set)).toEqual([1]);
    }
  });

  it('of folders that are not split trains with all, and tests with none', async () => {
    await picture('cat/1.png');
    await picture('test/1.png');
    expect((await readClassified(root, 'train'))!.classes).toEqual(['cat', 'test']);
    expect(await readClassified(root, 'test')).toBeUndefined();
  });

  it.each([
    ['Training', 'Testing'],
    ['TRAIN', 'valid'],
    ['train', 'dev'],
  ])('knows the sides %s and %s', async (train, test) => {
    for (const side of [train, test]) {
      await picture(`${side}/cat/1.png`);
      await picture(`${side}/dog/1.png`);
    }
    const trained = (await readClassified(root, 'train'))!;
    expect(trained.classes).toEqual(['cat', 'dog']);
    expect(paths(trained)).toEqual([`${train}/cat/1.png`, `${train}/dog/1.png`]);
    expect(paths(await readClassified(root, 'test'))).toEqual([
      `${test}/cat/1.png`,
      `${test}/dog/1.png`,
    ]);
  });

  it('misses the classes of a test side, unless there is another', async () => {
    for (const name of ['train/cat/1.png', 'train/dog/1.png', 'test/1.png']) await picture(name);
    await expect(readClassified(root, 'test')).rejects.toThrow(
      'test has no pictures in class folders',
    );
    await picture('val/cat/1.png');
    expect(paths(await readClassified(root, 'test'))).toEqual(['val/cat/1.png']);
  });

  it('scores the training side of a set that has no other', async () => {
    await picture('train/cat/1.png');
    expect(paths(await readClassified(root, 'scored'))).toEqual(['train/cat/1.png']);
  });

  it('takes folders for classes that are called after sides, beside others', async () => {
    for (const name of ['train/1.png', 'car/1.png', 'valid/1.png']) await picture(name);
    for (const side of ['train', 'scored'] as const) {
      expect((await readClassified(root, side))!.classes).toEqual(['car', 'train', 'valid']);
    }
  });

  it('refuses sides without a training side, and sides without classes', async () => {
    await picture('test/cat/1.png');
    await picture('val/cat/1.png');
    await expect(readClassified(root, 'train')).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining('after sides (test, val), and they make no split') as string,
    });
    expect(paths(await readClassified(root, 'scored'))).toEqual(['test/cat/1.png']);
    for (const name of ['flat/Training/1.png', 'flat/Testing/1.png', 'flat/notes/x.txt']) {
      await picture(name);
    }
    await rm(join(root, 'flat/notes/x.txt'));
    for (const side of ['train', 'scored'] as const) {
      await expect(readClassified(join(root, 'flat'), side)).rejects.toThrow(
        'after sides (Testing, Training)',
      );
    }
    for (const name of ['two/train/cat/1.png', 'two/Train/cat/1.png']) await picture(name);
    await expect(readClassified(join(root, 'two'), 'train')).rejects.toThrow(
      'more than one folder for a side: Train, train',
    );
  });

  it.each([
    ['pair', ['images/1.png', 'masks/1.png']],
    ['side', ['train/images/1.png', 'train/labels/1.png']],
    ['within', ['images/train/1.png', 'masks/train/1.png']],
    ['voc', ['JPEGImages/1.png', 'SegmentationClass/1.png', 'SegmentationObject/1.png']],
    ['coco', ['annotations/instances_train2017.json', 'train2017/1.png', 'val2017/1.png']],
    ['deep', ['annotations/instances_train.json', 'images/train/1.png']],
    ['file.json', ['file.json']],
  ])('refuses a set for segmentation: %s', async (name, files) => {
    for (const file of files) await picture(name === file ? name : `${name}/${file}`);
    for (const side of ['train', 'scored'] as const) {
      await expect(readClassified(join(root, name), side)).rejects.toMatchObject({
        code: 'data',
        message: expect.stringMatching(/looks like a set for segmentation .*add --task/) as string,
      });
    }
  });

  it('takes folders for classes that are called like masks, beside others', async () => {
    for (const name of ['masks/1.png', 'hats/1.png', 'images/1.png']) await picture(name);
    await write('annotations/instances.json', '{}');
    expect((await readClassified(root, 'train'))!.classes).toEqual(['hats', 'images', 'masks']);
  });

  it('reads the sides of a table, and whose pictures they are', async () => {
    const table = await write(
      'x.csv',
      'file,label,split,patient\na.png,yes,train,1\nb.png,no,train,2\nc.png,no,val,3\n',
    );
    const train = (await readClassified(table, 'train'))!;
    expect(train.classes).toEqual(['no', 'yes']);
    expect(paths(train)).toEqual(['a.png', 'b.png']);
    expect(train.samples.map(({ group }) => group)).toEqual(['1', '2']);
    const test = await readClassified(table, 'test', { classes: ['yes', 'no'] });
    expect(await labels(test)).toEqual([1]);
  });

  it('refuses several classes for a picture, and says which task has them', async () => {
    const table = await write('x.csv', 'file,label\na.png,x|y\nb.png,x\n');
    await expect(readClassified(table, 'train')).rejects.toThrow('--task multi-label');
  });
});

describe('readMultiLabelled', () => {
  it('reads labels in one cell, and columns of zeros and ones', async () => {
    const cells = await write('cells.csv', 'file,label\na.png,x|y\nb.png,\nc.png,z\n');
    expect(await labels(await readMultiLabelled(cells, 'train'))).toEqual([[0, 1], [], [2]]);
    const marked = await write('marked.csv', 'file,label\na.png,x;y\nb.png,\nc.png,z\n');
    expect(await labels(await readMultiLabelled(marked, 'train'))).toEqual([[0, 1], [], [2]]);
    const single = await write('single.csv', 'file,label\na.png,x\nb.png,\nc.png,z\n');
    expect(await labels(await readMultiLabelled(single, 'train'))).toEqual([[0], [], [1]]);
    const columns = await write('columns.csv', 'file,x,y\na.png,1,1\nb.png,0,0\n');
    const set = await readMultiLabelled(columns, 'scored', { classes: ['y', 'x', 'w'] });
    expect(set!.classes).toEqual(['y', 'x', 'w']);
    expect(await labels(set)).toEqual([[0, 1], []]);
  });

  it('refuses what is no table', async () => {
    await expect(readMultiLabelled(root, 'train')).rejects.toThrow('CSV or TSV file');
  });
});

describe('readSegmented', () => {
  it('reads the sides of folders, and numbers classes as a model does', async () => {
    for (const side of ['train', 'test']) {
      await picture(`${side}/images/${side}.png`);
      await mask(`${side}/masks/${side}.png`, 0, 1);
    }
    await write('classes.txt', 'road\nsky\n');
    const train = await readSegmented(root, 'train');
    expect([train!.classes, paths(train)]).toEqual([['road', 'sky'], ['train/images/train.png']]);
    expect([...(await labels(train))[0].data]).toEqual([0, 1]);
    const test = await readSegmented(root, 'test', { classes: ['sky', 'road'] });
    expect([...(await labels(test))[0].data]).toEqual([1, 0]);
    await expect(readSegmented(root, 'test', { classes: ['a', 'b', 'c'] })).rejects.toThrow(
      'no class "road"',
    );
  });

  it('reads sides that lie within the folders of pictures and of masks', async () => {
    for (const [side, label] of [
      ['train', 0],
      ['val', 1],
    ] as const) {
      await picture(`images/${side}/a.png`);
      await mask(`masks/${side}/a.png`, label, label);
    }
    await write('classes.txt', 'road\nsky\n');
    const train = await readSegmented(root, 'train');
    expect(paths(train)).toEqual(['images/train/a.png']);
    expect([...(await labels(train))[0].data]).toEqual([0, 0]);
    for (const side of ['test', 'scored'] as const) {
      const test = await readSegmented(root, side);
      expect(paths(test)).toEqual(['images/val/a.png']);
      expect([...(await labels(test))[0].data]).toEqual([1, 1]);
    }
    await rm(join(root, 'images/train'), { recursive: true });
    await expect(readSegmented(root, 'train')).rejects.toThrow('called after sides (val)');
  });

  it('finds the masks of a side by what the word means', async () => {
    for (const [side, folder, label] of [
      ['Train', 'train', 0],
      ['val', 'Validation', 1],
    ] as const) {
      await picture(`images/${side}/a.png`);
      await mask(`masks/${folder}/a.png`, label, label);
    }
    await write('classes.txt', 'road\nsky\n');
    expect([...(await labels(await readSegmented(root, 'train')))[0].data]).toEqual([0, 0]);
    expect([...(await labels(await readSegmented(root, 'test')))[0].data]).toEqual([1, 1]);
  });

  it('does not take masks for strays that are of the other side', async () => {
    const notices: string[] = [];
    const read = (side: Side): ReturnType<typeof readSegmented> =>
      readSegmented(root, side, { onNotice: (notice) => notices.push(notice) });
    for (const [side, label] of [
      ['train', 0],
      ['val', 1],
    ] as const) {
      await picture(`images/${side}/${side}.png`);
      await mask(`masks/${side}.png`, label, label);
    }
    await write('classes.txt', 'road\nsky\n');
    expect([...(await labels(await read('train')))[0].data]).toEqual([0, 0]);
    expect([...(await labels(await read('test')))[0].data]).toEqual([1, 1]);
    expect(notices).toEqual([]);
    for (const side of ['train', 'val']) await mask(`masks/${side}/${side}.png`, 0, 0);
    await mask('masks/train/stray.png', 0, 0);
    await read('train');
    expect(notices).toEqual([expect.stringContaining('1 masks have no picture')]);
  });

  it('takes a folder called after a side for no side beside pictures, unless one is for training', async () => {
    for (const name of ['a', 'test/b']) {
      await picture(`images/${name}.png`);
      await mask(`masks/${name}.png`, 0, 1);
    }
    await write('classes.txt', 'road\nsky\n');
    for (const side of ['train', 'scored'] as const) {
      expect(paths(await readSegmented(root, side))).toEqual(['images/a.png', 'images/test/b.png']);
    }
    expect(await readSegmented(root, 'test')).toBeUndefined();
    await picture('images/train/c.png');
    const notices: string[] = [];
    const onNotice = (notice: string): number => notices.push(notice);
    expect(paths(await readSegmented(root, 'train', { onNotice }))).toEqual(['images/train/c.png']);
    expect(notices).toContainEqual(
      `left out in ${join(root, 'images')}: pictures beside the folders: 1 (a.png)`,
    );
    expect(paths(await readSegmented(root, 'test'))).toEqual(['images/test/b.png']);
  });

  it.each([['images/a.png', 'masks/a.png'], ['_annotations.coco.json']])(
    'tests with none of a set that has a training side alone, of %s',
    async (...names) => {
      for (const name of names) await write(`train/${name}`, '{}');
      expect(await readSegmented(root, 'test')).toBeUndefined();
    },
  );

  it('reads the sides of the layout of Pascal VOC by its lists', async () => {
    for (const name of ['a', 'b']) {
      await picture(`JPEGImages/${name}.jpg`);
      await mask(`SegmentationClass/${name}.png`, 3, 255);
    }
    await write('ImageSets/Segmentation/train.txt', 'b\n');
    expect(await readSegmented(root, 'test')).toBeUndefined();
    await write('ImageSets/Segmentation/val.txt', 'a\n');
    expect(paths(await readSegmented(root, 'train'))).toEqual(['JPEGImages/b.jpg']);
    expect(paths(await readSegmented(root, 'test'))).toEqual(['JPEGImages/a.jpg']);
    // What is in both lists is no test.
    await rm(join(root, 'ImageSets/Segmentation/train.txt'));
    await write('ImageSets/Segmentation/trainval.txt', 'a\nb\n');
    expect(await readSegmented(root, 'test')).toBeUndefined();
    expect(paths(await readSegmented(root, 'scored'))).toEqual(['JPEGImages/a.jpg']);
    await write('ImageSets/Segmentation/test.txt', 'b\n');
    expect(paths(await readSegmented(root, 'test'))).toEqual(['JPEGImages/b.jpg']);
  });

  it('reads volumes slice by slice, across any axis', async () => {
    const voxels = [0, 1, 1, 0, 255, 1]; // two by one, three slices
    for (const folder of ['images', 'masks']) {
      writeNifti(join(root, folder, 'a.nii.gz'), [2, 1, 3], voxels);
    }
    await write('classes.txt', 'tissue\ntumour\n');
    const middle = await readSegmented(root, 'train');
    expect(paths(middle)).toEqual(['images/a.nii.gz#1']);
    expect(await labels(middle)).toEqual([{ width: 2, height: 1, data: Uint8Array.of(1, 0) }]);
    const across = await readSegmented(root, 'train', { viewing: { axis: 0, slices: 'all' } });
    expect((await labels(across)).map(({ data }) => [...data])).toEqual([
      [0, 1, 255],
      [1, 0, 1],
    ]);
  });

  it('refuses voxels that are no class, with the place, and masks of other slices or several volumes', async () => {
    await write('classes.txt', 'tissue\ntumour\n');
    writeNifti(join(root, 'images/a.nii'), [2, 1, 2], [1, 2, 3, 4]);
    writeNifti(join(root, 'masks/a.nii'), [2, 1, 2], [0, -1, 0, 0.5]);
    const wrong = readSegmented(root, 'train', { viewing: { slices: 'all' } });
    const [first, second] = (await wrong)!.samples;
    await expect(first.label()).rejects.toThrow('a.nii#0 has -1 at (1, 0) (valid: 0 to 1, 255)');
    await expect(second.label()).rejects.toThrow('a.nii#1 has 0.5 at (1, 0)');
    await rm(join(root, 'masks/a.nii'));
    await mask('masks/a.png', 0, 1);
    await expect(labels(await readSegmented(root, 'train'))).rejects.toThrow(
      'a.png is the mask of one picture, not of slice 1 (valid: a NIfTI file of class numbers)',
    );
    await rm(join(root, 'images/a.nii'));
    await picture('images/a.png');
    await rm(join(root, 'masks/a.png'));
    writeNifti(join(root, 'masks/a.nii'), [2, 1, 2], [0, 0, 0, 0]);
    await expect(labels(await readSegmented(root, 'train'))).rejects.toThrow(
      'a.nii has 2 slices, its picture 1',
    );
    await rm(join(root, 'images/a.png'));
    for (const slices of [1, 3]) {
      writeNifti(join(root, 'images/a.nii'), [2, 1, slices], [0, 0, 0, 0, 0, 0]);
      await expect(labels(await readSegmented(root, 'train'))).rejects.toMatchObject({
        code: 'data',
        message: expect.stringContaining(`a.nii has 2 slices, its picture ${slices}`) as string,
      });
    }
    // Of a picture's volumes one is chosen; a mask goes with all of them.
    writeNifti(join(root, 'images/a.nii'), [2, 1, 2, 2], [0, 0, 0, 0, 0, 0, 0, 0]);
    writeNifti(join(root, 'masks/a.nii'), [2, 1, 2, 2], [0, 0, 0, 0, 0, 0, 0, 0]);
    const chosen = await readSegmented(root, 'train', { viewing: { volume: 1 } });
    await expect(labels(chosen)).rejects.toThrow(
      'a.nii has 2 volumes along its fourth axis, where a mask has one',
    );
  });

  it('reads DICOM files with masks beside them, and whose they are', async () => {
    for (const name of ['IM0001', 'b.dcm']) {
      const dicom = { width: 2, height: 1, values: [0, 9], patient: name };
      writeDicom(join(root, 'images', name), dicom);
    }
    await mask('masks/IM0001.png', 0, 1);
    await mask('masks/b_mask.png', 1, 1);
    await write('classes.txt', 'tissue\ntumour\n');
    const set = (await readSegmented(root, 'train'))!;
    expect(paths(set)).toEqual(['images/IM0001', 'images/b.dcm']);
    expect((await labels(set)).map(({ data }) => [...data])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(new Set(set.samples.map(({ group }) => group)).size).toBe(2);
    const grouped = await readSegmented(root, 'train', { groupPattern: '^(.)' });
    expect(grouped!.samples.map(({ group }) => group)).toEqual(['I', 'b']);
  });

  it('reads COCO in its own layout, beside its pictures, and as one file', async () => {
    const instances = JSON.stringify({
      images: [{ id: 1, file_name: 'a.png', width: 2, height: 1 }],
      categories: [{ id: 5, name: 'cat' }],
      annotations: [{ image_id: 1, category_id: 5, segmentation: [[0, 0, 1, 0, 1, 1, 0, 1]] }],
    });
    await write('annotations/instances_train2017.json', instances);
    await picture('train2017/a.png');
    const train = await readSegmented(root, 'train');
    expect(paths(train)).toEqual(['train2017/a.png']);
    expect([...(await labels(train))[0].data]).toEqual([1, 0]);
    expect(await readSegmented(root, 'test')).toBeUndefined();
    await write('annotations/instances_val2017.json', instances);
    await picture('val2017/a.png');
    expect(paths(await readSegmented(root, 'scored'))).toEqual(['val2017/a.png']);

    await write('annotations/instances_trainval2017.json', instances);
    expect(paths(await readSegmented(root, 'test'))).toEqual(['val2017/a.png']);
    await rm(join(root, 'annotations/instances_train2017.json'));
    await picture('trainval2017/a.png');
    expect(paths(await readSegmented(root, 'train'))).toEqual(['trainval2017/a.png']);
    expect(await readSegmented(root, 'test')).toBeUndefined();
    await rm(join(root, 'annotations/instances_trainval2017.json'));
    await write('annotations/instances_latest.json', instances);
    await picture('images/a.png');
    expect(paths(await readSegmented(root, 'train'))).toEqual(['images/a.png']);
    expect(paths(await readSegmented(root, 'test'))).toEqual(['val2017/a.png']);

    await write('other/train/_annotations.coco.json', instances);
    expect(paths(await readSegmented(join(root, 'other'), 'train'))).toEqual(['other/train/a.png']);
    const file = await write('one.json', instances);
    const ignoring = await readSegmented(file, 'train', { coco: { background: 'ignore' } });
    expect([ignoring!.classes, paths(ignoring)]).toEqual([['cat'], ['a.png']]);
  });

  it('knows whether what masks ignore is white in pictures, and nothing else', async () => {
    const ignoring = async (): Promise<unknown> => {
      const { samples } = (await readSegmented(root, 'train'))!;
      return samples[0].ignoresWhite;
    };
    await picture('images/x.png');
    await mask('masks/x.png', 0, 255);
    await write('classes.txt', 'road\nsky\n');
    expect(await ignoring()).toBe(true);
    await write('classes.txt', 'road\nvoid\n');
    expect(await ignoring()).toBe(false);
    await write('palette.txt', '0 0 0 road\n255 255 255 sky\n');
    expect(await ignoring()).toBe(false);
    for (const name of ['palette.txt', 'images/x.png', 'masks/x.png']) await rm(join(root, name));
    await write('classes.txt', 'road\nsky\n');
    for (const folder of ['images', 'masks']) {
      writeNifti(join(root, folder, 'x.nii'), [2, 1, 1], [0, 255]);
    }
    expect(await ignoring()).toBe(false);
  });

  it('refuses a mask of another size than its picture, by name', async () => {
    await picture('images/x.png');
    await mask('masks/x.png', 0, 1, 0);
    await write('classes.txt', 'road\nsky\n');
    const [sample] = (await readSegmented(root, 'train'))!.samples;
    const [image, label] = [await sample.read(), await sample.label()];
    expect(() => requireSameSize(label, image, sample)).toThrow(
      /the mask of .*images\/x\.png has 3x1 pixels, the picture 2x1$/,
    );
    const turned = { width: 1, height: 3, data: new Uint8Array(9) };
    expect(() => requireSameSize(label, turned, sample)).toThrow(/1x3; an EXIF orientation/);
  });
});

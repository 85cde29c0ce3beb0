import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeImage } from '../../platform/images.ts';
import { readSegmentationFolder } from './folders.ts';
import { vocClasses } from './voc-classes.ts';

const fixtures = join(import.meta.dirname, '../../formats/png/fixtures');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'segmentation-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function place(name: string): Promise<string> {
  await mkdir(join(root, dirname(name)), { recursive: true });
  return join(root, name);
}

async function text(name: string, content: string): Promise<void> {
  await writeFile(await place(name), content);
}

async function picture(name: string, pixels: readonly number[], width = 2): Promise<void> {
  const image = {
    width,
    height: pixels.length / 3 / width,
    data: Uint8Array.from(pixels),
  };
  await writeFile(await place(name), await encodeImage(image));
}

const black = Array.from({ length: 27 * 19 * 3 }, () => 0);

describe('readSegmentationFolder', () => {
  it('pairs pictures and masks by name, in folders below as well', async () => {
    await picture('images/a/1.jpg', black, 27);
    await picture('images/2.png', black, 27);
    await mkdir(join(root, 'masks', 'a'), { recursive: true });
    await copyFile(join(fixtures, 'grey.png'), join(root, 'masks', 'a', '1.png'));
    await copyFile(join(fixtures, 'palette.png'), join(root, 'masks', '2_mask.png'));
    const names = Array.from({ length: 21 }, (_, i) => (i === 3 ? 'Void' : `class ${i}`));
    await text('classes.txt', `\uFEFF${names.join('\r\n')}\r\n`);
    const { classes, items } = await readSegmentationFolder(root);
    expect(classes).toEqual(names.filter((name) => name !== 'Void'));
    expect(items.map(({ path }) => relative(root, path))).toEqual([
      'images/2.png',
      'images/a/1.jpg',
    ]);
    const [colours, greys] = await Promise.all(items.map((item) => item.mask()));
    expect(colours).toEqual(greys);
    const mask = await items[0].mask();
    // Number 3 is ignored, as 255 is, and the numbers above it move down by one.
    expect(new Set(mask.data).has(255)).toBe(true);
    expect(Math.max(...mask.data.filter((label) => label !== 255))).toBe(19);
  });

  it('reads the layout of Pascal VOC by its lists', async () => {
    for (const name of ['a', 'b', 'c']) await picture(`JPEGImages/${name}.jpg`, black, 27);
    for (const name of ['a', 'b']) {
      await copyFile(join(fixtures, 'palette.png'), await place(`SegmentationClass/${name}.png`));
    }
    await text('ImageSets/Segmentation/train.txt', 'b\n');
    await text('ImageSets/Segmentation/val.txt', 'a\n');
    const train = await readSegmentationFolder(root, { list: 'train' });
    expect(train.classes).toEqual(vocClasses);
    expect(train.items.map(({ path }) => path)).toEqual([join(root, 'JPEGImages', 'b.jpg')]);
    const mask = await train.items[0].mask();
    expect(mask.data[13]).toBe(255);
    expect((await readSegmentationFolder(root)).items).toHaveLength(2);
    await expect(readSegmentationFolder(root, { list: 'test' })).rejects.toThrow(
      'test.txt (valid: train, val)',
    );
  });

  it('keeps pictures that a list names and nobody has, to be missed when they are read', async () => {
    await picture('JPEGImages/a.jpg', black, 27);
    await mkdir(join(root, 'SegmentationClass'));
    await text('ImageSets/Segmentation/train.txt', 'a\nlost\n');
    const { items } = await readSegmentationFolder(root, { list: 'train' });
    expect(items.map(({ path }) => relative(root, path))).toEqual([
      join('JPEGImages', 'a.jpg'),
      join('JPEGImages', 'lost.jpg'),
    ]);
    await text('ImageSets/Segmentation/train.txt', '../../lost\n');
    await expect(readSegmentationFolder(root)).rejects.toThrow('leads out of');
  });

  it('reads colours by a palette, and names a colour that it does not have', async () => {
    await picture('images/x.png', [1, 2, 3, 4, 5, 6]);
    await picture('masks/x.png', [128, 0, 0, 0, 0, 0]);
    await text('label_colors.txt', '64 128 64\tAnimal\n128 0 0\tA Building\n0 0 0 Void\n');
    const { classes, items } = await readSegmentationFolder(root);
    expect(classes).toEqual(['Animal', 'A Building']);
    expect([...(await items[0].mask()).data]).toEqual([1, 255]);
    await text('p.csv', 'name,r,g,b\nHouse,128,0,0\n');
    const other = await readSegmentationFolder(root, { palette: join(root, 'p.csv') });
    expect(other.classes).toEqual(['House']);
    await expect(other.items[0].mask()).rejects.toThrow(
      'x.png has the colour 0 0 0 at (1, 0), which the palette does not have',
    );
    await text('p.csv', 'name,r,g,b\nHouse,128,0,300\n');
    await expect(readSegmentationFolder(root, { palette: join(root, 'p.csv') })).rejects.toThrow(
      '"House,128,0,300" is no colour',
    );
  });

  it('reads the colours that CVAT exports', async () => {
    await picture('JPEGImages/x.png', [0, 0, 0, 0, 0, 0]);
    await picture('SegmentationClass/x.png', [0, 0, 0, 250, 50, 83]);
    await text('ImageSets/Segmentation/default.txt', 'x\n');
    await text('labelmap.txt', `# label:color_rgb:parts:actions\nroad:0,0,0::\nsky:250,50,83::\n`);
    const { classes, items } = await readSegmentationFolder(root);
    expect(classes).toEqual(['road', 'sky']);
    expect([...(await items[0].mask()).data]).toEqual([0, 1]);
    await rm(join(root, 'ImageSets/Segmentation/default.txt'));
    await expect(readSegmentationFolder(root)).rejects.toThrow(/no list .*\(valid: train\.txt and/);
  });

  it('pairs volumes as nnU-Net names them, and misses the mask of one', async () => {
    for (const name of ['images/a_0000', 'images/b_0000', 'masks/a'])
      await text(`${name}.nii.gz`, '');
    await text('classes.txt', 'one\ntwo\n');
    const notices: string[] = [];
    const { items } = await readSegmentationFolder(root, { onNotice: (n) => notices.push(n) });
    expect(notices).toEqual([]);
    await expect(items[0].mask()).rejects.toThrow(/masks\/a\.nii\.gz/);
    await expect(items[1].mask()).rejects.toThrow(/no mask \(valid: .*masks\/b_0000\.nii\.gz\)/);
  });

  it('says how many masks have no picture', async () => {
    await picture('images/x.png', [0, 0, 0, 0, 0, 0]);
    for (const name of ['x_mask', 'y', 'z_L']) await text(`masks/${name}.png`, '');
    await text('classes.txt', 'one\ntwo\n');
    const notices: string[] = [];
    await readSegmentationFolder(root, { onNotice: (notice) => notices.push(notice) });
    expect(notices).toEqual([
      `2 masks have no picture and are left out, the first is ${join(root, 'masks', 'y.png')}`,
    ]);
  });

  it.each([
    ['images/x.jpg', 'images/x.png'],
    ['images/v.nii', 'images/v.nii.gz'],
    ['masks/x.bmp', 'masks/x.png'],
  ])('refuses %s beside %s', async (...names) => {
    await mkdir(join(root, 'images'));
    await mkdir(join(root, 'masks'));
    for (const name of names) await text(name, '');
    await text('classes.txt', 'one\ntwo\n');
    const [first, second] = names.map((name) => join(root, name));
    await expect(readSegmentationFolder(root)).rejects.toMatchObject({
      code: 'data',
      message: expect.stringContaining(`${first} and ${second} have one name`) as string,
    });
  });

  it('refuses what does not fit, naming the file', async () => {
    await expect(readSegmentationFolder(root)).rejects.toThrow('images with masks');
    await picture('images/x.png', [0, 0, 0, 0, 0, 0]);
    await mkdir(join(root, 'masks'));
    await expect(readSegmentationFolder(root)).rejects.toThrow('no file that names its classes');
    await text('classes.txt', 'one\ntwo\n');
    await expect((await readSegmentationFolder(root)).items[0].mask()).rejects.toThrow(
      'x.png has no mask (valid: ',
    );
    await copyFile(join(fixtures, 'palette.png'), join(root, 'masks', 'x.png'));
    const { items } = await readSegmentationFolder(root);
    await expect(items[0].mask()).rejects.toThrow(
      /x\.png has 17 at \(0, 0\) \(valid: 0 to 1, 255\)/,
    );
    const all = { classes: vocClasses };
    await picture('masks/x.png', [1, 0, 0, 0, 0, 0]);
    await expect((await readSegmentationFolder(root, all)).items[0].mask()).rejects.toThrow(
      'x.png has colours, and no palette says what they mean',
    );
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCocoDataset, type CocoOptions } from './coco.ts';
import type { SegmentationDataset } from './item.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'coco-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const square = (from: number, to: number): number[] => [from, from, to, from, to, to, from, to];

const images = [
  { id: 7, file_name: 'a.png', width: 6, height: 4 },
  { id: 3, file_name: 'deep/b.png', width: 6, height: 4 },
];
const categories = [
  { id: 90, name: 'toothbrush' },
  { id: 1, name: 'person' },
];
/** The small square comes first in the file and lies above all the same. */
const annotations = [
  { id: 1, image_id: 7, category_id: 90, iscrowd: 0, segmentation: [square(1, 2)] },
  { id: 2, image_id: 7, category_id: 1, segmentation: [square(0, 3)] },
  {
    id: 3,
    image_id: 7,
    category_id: 1,
    iscrowd: 1,
    segmentation: { size: [4, 6], counts: [8, 16] },
  },
];

async function read(changes: object = {}, options?: CocoOptions): Promise<SegmentationDataset> {
  const path = join(root, 'instances.json');
  await writeFile(path, JSON.stringify({ images, categories, annotations, ...changes }));
  return readCocoDataset(path, root, options);
}

const rows = ({ data, width }: { data: Uint8Array; width: number }): string[] =>
  Array.from(data)
    .map((value) => (value === 255 ? '-' : String(value)))
    .join('')
    .match(new RegExp(`.{${width}}`, 'g'))!;

describe('readCocoDataset', () => {
  it('numbers categories by id, paints the small above the large, ignores crowds', async () => {
    const { classes, items } = await read();
    expect(classes).toEqual(['background', 'person', 'toothbrush']);
    expect(items.map(({ path }) => path)).toEqual([join(root, 'a.png'), join(root, 'deep/b.png')]);
    expect(rows(await items[0].mask())).toEqual(['111---', '121---', '111---', '00----']);
    expect(rows(await items[1].mask())).toEqual(['000000', '000000', '000000', '000000']);
  });

  it('leaves the background out, and paints crowds, where told', async () => {
    const { classes, items } = await read({}, { background: 'ignore', crowds: 'class' });
    expect(classes).toEqual(['person', 'toothbrush']);
    expect(items).toHaveLength(1);
    expect(rows(await items[0].mask())).toEqual(['000000', '010000', '000000', '--0000']);
  });

  it('reads compressed run lengths', async () => {
    const compressed = { size: [4, 6], counts: '8`0' };
    const { items } = await read({
      annotations: [{ image_id: 7, category_id: 1, segmentation: compressed }],
    });
    expect(rows(await items[0].mask())).toEqual(['001111', '001111', '001111', '001111']);
  });

  it('takes a category called background for what is not annotated', async () => {
    const named = [...categories, { id: 5, name: 'Background' }];
    const own = { image_id: 7, category_id: 5, segmentation: [square(1, 2)] };
    const set = await read({ categories: named, annotations: [own, annotations[1]] });
    expect(set.classes).toEqual(['Background', 'person', 'toothbrush']);
    expect(rows(await set.items[0].mask())).toEqual(['111000', '101000', '111000', '000000']);
    const ignoring = await read({ categories: named }, { background: 'ignore' });
    expect(ignoring.classes).toEqual(['person', 'Background', 'toothbrush']);
  });

  it.each([undefined, null, []])(
    'refuses an outline that is %j when its mask is read',
    async (segmentation) => {
      const boxed = { id: 9, image_id: 3, category_id: 1, bbox: [0, 0, 2, 2], segmentation };
      const { items } = await read({ annotations: [...annotations, boxed] });
      expect((await items[0].mask()).width).toBe(6);
      await expect(items[1].mask()).rejects.toMatchObject({
        code: 'data',
        message: expect.stringContaining(
          'annotation 9 of deep/b.png has no outline (valid: polygons, run lengths)',
        ) as string,
      });
    },
  );

  it('takes ids in quotes, and names of files as Windows writes them', async () => {
    const quoted = images.map(({ id, file_name, ...size }) => ({
      id: String(id),
      file_name: file_name.replace('/', '\\'),
      ...size,
    }));
    const own = annotations.map((one) => ({ ...one, image_id: '7', id: `a-${one.id}` }));
    const { items } = await read({ images: quoted, annotations: own });
    expect(items.map(({ path }) => path)).toEqual([join(root, 'a.png'), join(root, 'deep/b.png')]);
    expect(rows(await items[0].mask())).toEqual(['111---', '121---', '111---', '00----']);
  });

  it('refuses what does not hold together, by field', async () => {
    const [first] = annotations;
    const refusals: readonly (readonly [object, string])[] = [
      [{ images: undefined }, 'instances.json: images:'],
      [{ annotations: [{ ...first, image_id: 1 }] }, 'annotations.0 is of image 1, which is'],
      [{ annotations: [{ ...first, category_id: 2 }] }, 'annotations.0 is of category 2, which'],
      [{ annotations: [{ ...first, segmentation: 3 }] }, 'neither polygons nor run lengths'],
      [{ images: [...images, images[0]] }, 'images has the id 7 twice'],
      [
        { images: [...images, { ...images[0], id: 8 }] },
        'images 7 and 8 are both a.png (valid: one',
      ],
      [{ images: [{ ...images[0], id: 'x7' }] }, 'images.0.id: neither a number nor one in quotes'],
      [{ images: [{ ...images[0], width: 1e6, height: 1e6 }] }, 'more than 100000000 pixels'],
      [{ images: [{ ...images[0], file_name: '../a.png' }], annotations: [] }, '"../a.png" leads'],
      [{ categories: [...categories, { id: 2, name: 'person' }] }, 'category "person" twice'],
      [{ images: [], annotations: [] }, 'has no pictures'],
    ];
    for (const [changes, message] of refusals) {
      await expect(read(changes)).rejects.toThrow(message);
    }
    const wrongSize = { ...first, segmentation: { size: [6, 4], counts: [24] } };
    await expect((await read({ annotations: [wrongSize] })).items[0].mask()).rejects.toThrow(
      'annotation 1 of a.png has run lengths for 4x6 pixels, its picture has 6x4',
    );
  });
});

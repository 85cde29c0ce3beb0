import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { readJson } from '../../platform/files.ts';
import { maxPixels } from '../../tensor/image.ts';
import { regionOfPolygon } from './polygon.ts';
import { union, type Region } from './region.ts';
import { parseRunLengths, regionOfRuns } from './run-lengths.ts';

const count = z.number().int().nonnegative();
const size = z.number().int().positive();

/** Some tools write whole numbers in quotes. */
const id = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ],
  {
    error: 'neither a number nor one in quotes',
  },
);

/** Run lengths: `size` is [height, width]. */
const runLengths = z.object({
  size: z.tuple([size, size]),
  counts: z.union([z.string(), z.array(count)]),
});

const image = z
  .object({ id, file_name: z.string(), width: size, height: size })
  .refine(({ width, height }) => width * height <= maxPixels, {
    message: `more than ${maxPixels} pixels`,
  });

const annotation = z.object({
  // For messages alone.
  id: z.union([z.number(), z.string()]).optional(),
  image_id: id,
  category_id: id,
  iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).default(0),
  // Missing where there is a box alone.
  segmentation: z
    .union([z.array(z.array(z.number())), runLengths], {
      error: 'neither polygons nor run lengths',
    })
    .nullish(),
});

const instances = z.object({
  images: z.array(image),
  categories: z.array(z.object({ id, name: z.string() })),
  annotations: z.array(annotation),
});

export type CocoInstances = z.output<typeof instances>;
export type CocoImage = CocoInstances['images'][number];
export type CocoAnnotation = CocoInstances['annotations'][number];

/**
 * A file of COCO's object instances: pictures, categories, and annotations whose ids lead to them.
 * Throws `data`, naming the file and the first field that is wrong.
 */
export async function readCocoInstances(path: string): Promise<CocoInstances> {
  const result = instances.safeParse(await readJson(path));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ModelLockError('data', `${path}: ${issue.path.join('.')}: ${issue.message}`);
  }
  const { images, categories, annotations } = result.data;
  const imageIds = uniqueIds(images, 'images', path);
  const categoryIds = uniqueIds(categories, 'categories', path);
  annotations.forEach((entry, i) => {
    if (!imageIds.has(entry.image_id)) {
      const where = `${path}: annotations.${i}`;
      throw new ModelLockError('data', `${where} is of image ${entry.image_id}, which is missing`);
    }
    if (!categoryIds.has(entry.category_id)) {
      throw new ModelLockError(
        'data',
        `${path}: annotations.${i} is of category ${entry.category_id}, which is missing`,
      );
    }
  });
  return result.data;
}

function uniqueIds(
  entries: readonly { readonly id: number }[],
  field: string,
  path: string,
): ReadonlySet<number> {
  const ids = new Set<number>();
  for (const { id } of entries) {
    if (ids.has(id)) throw new ModelLockError('data', `${path}: ${field} has the id ${id} twice`);
    ids.add(id);
  }
  return ids;
}

/**
 * The pixels of an annotation: those of all its polygons together. Throws `data`, naming `where`, also
 * for one that has a box alone.
 */
export function regionOf(
  { segmentation }: CocoAnnotation,
  { width, height }: CocoImage,
  where: string,
): Region {
  if (!segmentation || (Array.isArray(segmentation) && segmentation.length === 0)) {
    throw new ModelLockError('data', `${where} has no outline`, {
      valid: ['polygons', 'run lengths'],
    });
  }
  if (Array.isArray(segmentation)) {
    return union(segmentation.map((polygon) => regionOfPolygon(polygon, width, height, where)));
  }
  const { size, counts } = segmentation;
  if (size[0] !== height || size[1] !== width) {
    throw new ModelLockError(
      'data',
      `${where} has run lengths for ${size[1]}x${size[0]} pixels, its picture has ${width}x${height}`,
    );
  }
  const lengths = typeof counts === 'string' ? parseRunLengths(counts, where) : counts;
  return regionOfRuns(lengths, width, height, where);
}

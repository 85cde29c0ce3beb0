import { ModelLockError } from '../../base/error.ts';
import { decodeIndexPng, hasIndices } from '../../formats/png/index-png.ts';
import { niftiSlice, type NiftiVolume, type SliceOptions } from '../../formats/nifti/volume.ts';
import { extname, readBytes } from '../../platform/files.ts';
import { decodeImage } from '../../platform/images.ts';
import { ignoreIndex, type LabelMap } from '../../tensor/label-map.ts';
import { noClass, type ClassList } from './class-list.ts';
import { packed, type Palette } from './palette.ts';

/**
 * Reads a mask whose pixels are numbers: a PNG file of one channel, grey or with a palette. Throws
 * `data`, naming the place, for a number without a class.
 */
export async function readIndexMask(path: string, list: ClassList): Promise<LabelMap> {
  if (extname(path).toLowerCase() !== '.png') {
    throw new ModelLockError('data', `${path} cannot be a mask of class numbers`, {
      valid: ['a PNG file', 'a NIfTI file'],
    });
  }
  const bytes = await readBytes(path);
  if (!hasIndices(bytes, path)) {
    throw new ModelLockError('data', `${path} has colours, and no palette says what they mean`, {
      valid: ['a palette file', 'a PNG of one channel with class numbers'],
    });
  }
  const { width, height, data } = await decodeIndexPng(bytes, path);
  return { width, height, data: labelsOf(data, width, path, list) };
}

/** The same of a slice whose voxels are numbers of classes. */
export function sliceMask(volume: NiftiVolume, slice: SliceOptions, list: ClassList): LabelMap {
  const { width, height, values } = niftiSlice(volume, slice);
  return { width, height, data: labelsOf(values, width, `${volume.where}#${slice.index}`, list) };
}

function labelsOf(
  ids: Uint8Array | Float64Array,
  width: number,
  where: string,
  { meaning }: ClassList,
): Uint8Array {
  const labels = new Uint8Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    // A voxel may be a fraction, or negative.
    const label = (meaning[ids[i]] as number | undefined) ?? noClass;
    if (label === noClass) {
      const { length } = meaning.filter((value) => value !== noClass);
      throw new ModelLockError('data', `${where} has ${ids[i]} ${at(i, width)}`, {
        valid: [`0 to ${length - 2}`, ignoreIndex],
      });
    }
    labels[i] = label;
  }
  return labels;
}

/**
 * Reads a mask whose pixels are colours of a palette. Throws `data`, naming the place, for another
 * colour.
 */
export async function readColourMask(path: string, { meaning }: Palette): Promise<LabelMap> {
  const { width, height, data: rgb } = await decodeImage(await readBytes(path), path);
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const label = meaning.get(packed(rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2]));
    if (label === undefined) {
      const colour = rgb.subarray(i * 3, i * 3 + 3).join(' ');
      throw new ModelLockError(
        'data',
        `${path} has the colour ${colour} ${at(i, width)}, which the palette does not have`,
      );
    }
    data[i] = label;
  }
  return { width, height, data };
}

const at = (i: number, width: number): string => `at (${i % width}, ${Math.floor(i / width)})`;

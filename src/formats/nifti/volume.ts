import { ModelLockError } from '../../base/error.ts';
import { inflate, inflateStart } from '../../platform/inflate.ts';
import { requireSensibleSize, type RgbImage } from '../../tensor/image.ts';
import { greyImage, percentileWindow, rangeWindow, type ValueImage } from '../intensity/grey.ts';
import { headerBytes, readNiftiHeader, type NiftiHeader } from './header.ts';

/** Larger files are refused before they are inflated: 2 GiB. */
const maxBytes = 2 ** 31;
/** So much of a compressed file is inflated for its header, at least as much as that needs. */
const startBytes = 4096;
/** What may lie behind the last voxel. */
const slackBytes = 2 ** 16;

/** Voxels in memory, not yet numbers. */
export interface NiftiVolume {
  readonly header: NiftiHeader;
  readonly bytes: Uint8Array;
  /** The file's name, for messages. */
  readonly where: string;
}

export interface SliceOptions {
  /** The axis that the slice is cut across, 2 unless given. */
  readonly axis?: 0 | 1 | 2;
  /** From 0 along the axis. */
  readonly index: number;
  /** Along the fourth axis; the first unless given. */
  readonly volume?: number;
  /** What stands for voxels that are no finite number; they are refused unless given. */
  readonly fill?: number;
}

export interface NiftiImageOptions extends SliceOptions {
  /** The values of black and white; from the slice's 1st to its 99th percentile unless given. */
  readonly window?: { readonly low: number; readonly high: number };
}

/**
 * Opens the bytes of a .nii or .nii.gz file. Throws `data` and `corrupt`, naming `where`, for what
 * is none, ends early, or is larger than its header says or than 2 GiB; `unsupported` for voxels
 * that are no numbers.
 */
export async function openNifti(bytes: Uint8Array, where: string): Promise<NiftiVolume> {
  const compressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const start = compressed
    ? // Deflated bytes become 1032 times as many at most.
      await inflateStart(bytes.subarray(0, startBytes), 'gzip', startBytes * 1100, where)
    : bytes;
  const header = readNiftiHeader(start, where);
  const { shape, volumes, type, offset } = header;
  const length = shape.reduce((a, b) => a * b) * volumes * type.bytes;
  const end = offset + length;
  if (!Number.isInteger(offset) || offset < headerBytes - 192 || end > maxBytes) {
    throw new ModelLockError(
      'data',
      `${where} has ${length} bytes of voxels from byte ${offset} on, at most ${maxBytes} in all`,
    );
  }
  const whole = compressed ? await inflate(bytes, 'gzip', end + slackBytes, where) : bytes;
  if (whole.length < end) {
    throw new ModelLockError(
      'data',
      `${where} is truncated: its header says ${end} bytes, it has ${whole.length}`,
    );
  }
  return { header, bytes: whole.subarray(offset, end), where };
}

/**
 * The values of a slice, scaled as the header says: the first of the other two axes from the left,
 * the second from the top, in the order of the file. Throws `usage` for a slice that there is not,
 * `data` for one of a size that no picture has, and for a value that is no finite number, with its place.
 */
export function niftiSlice(
  { header, bytes, where }: NiftiVolume,
  { axis = 2, index, volume = 0, fill }: SliceOptions,
): ValueImage {
  const { shape, volumes, type, littleEndian, slope, intercept } = header;
  requireIndex(index, shape[axis], `slice ${index} across axis ${axis}`, where);
  requireIndex(volume, volumes, `volume ${volume}`, where);
  const [across, down] =
    axis === 0 ? ([1, 2] as const) : axis === 1 ? ([0, 2] as const) : ([0, 1] as const);
  const strides = [1, shape[0], shape[0] * shape[1]] as const;
  const first = volume * strides[2] * shape[2] + index * strides[axis];
  const width = shape[across];
  const height = shape[down];
  requireSensibleSize({ width, height }, where);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const voxel = first + x * strides[across] + y * strides[down];
      const value = slope * type.get(view, voxel * type.bytes, littleEndian) + intercept;
      if (!Number.isFinite(value) && fill === undefined) {
        throw new ModelLockError(
          'data',
          `${where} has ${value} at (${x}, ${y}) of slice ${index} across axis ${axis}`,
          { valid: ['finite numbers, or a value to fill in'] },
        );
      }
      values[y * width + x] = Number.isFinite(value) ? value : fill!;
    }
  }
  return { width, height, values };
}

/** A slice as a picture of three equal channels. Throws as `niftiSlice`. */
export function niftiImage(volume: NiftiVolume, { window, ...slice }: NiftiImageOptions): RgbImage {
  const picture = niftiSlice(volume, slice);
  return greyImage(
    picture,
    window ? rangeWindow(window.low, window.high) : percentileWindow(picture.values),
  );
}

function requireIndex(index: number, count: number, what: string, where: string): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new ModelLockError('usage', `${where} has no ${what}`, { valid: [`0 to ${count - 1}`] });
}

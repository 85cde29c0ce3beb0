import { isNIFTI1, isNIFTI2, readHeader } from 'nifti-reader-js';
import { ModelLockError, messageOf } from '../../base/error.ts';
import { voxelTypes, type VoxelType } from './voxel-types.ts';

/** Where the voxels of a file lie and what they mean. */
export interface NiftiHeader {
  /** Voxels along the first three axes. */
  readonly shape: readonly [number, number, number];
  /** Along the fourth axis, such as times. */
  readonly volumes: number;
  readonly type: VoxelType;
  readonly littleEndian: boolean;
  /** Of the first voxel in the inflated file. */
  readonly offset: number;
  /** From voxels to values: `slope * voxel + intercept`. */
  readonly slope: number;
  readonly intercept: number;
}

/** Of the longer header, that of NIfTI-2, with the flag for extensions. */
export const headerBytes = 544;

/** The flag behind each header that says whether extensions follow. */
const extensionFlags = { nifti1: 348, nifti2: 540 } as const;

/**
 * Reads the header of NIfTI-1 or NIfTI-2. What it says in words, which may be about a person, is
 * passed over. Throws `data`, naming `where`, for what is none, `unsupported` for types of voxels
 * that are not read.
 */
export function readNiftiHeader(start: Uint8Array, where: string): NiftiHeader {
  const bytes = start.slice(0, headerBytes);
  const second = isNIFTI2(bytes.buffer);
  if (!second && !isNIFTI1(bytes.buffer)) {
    throw new ModelLockError('data', `${where} is no NIfTI file`, { valid: ['.nii', '.nii.gz'] });
  }
  // Nothing here needs extensions, and the reader follows their lengths wherever they lead.
  bytes.fill(0, second ? extensionFlags.nifti2 : extensionFlags.nifti1);
  const header = parsed(bytes.buffer, where);
  const { dims, datatypeCode, scl_slope: slope, scl_inter: intercept } = header;
  const type = voxelTypes.get(datatypeCode);
  if (!type) {
    throw new ModelLockError('unsupported', `${where} has voxels of type ${datatypeCode}`, {
      valid: [...voxelTypes.values()].map(({ name }) => name),
    });
  }
  const sizes = [1, 2, 3, 4, 5, 6, 7].map((axis) => (axis <= dims[0] ? dims[axis] : 1));
  const [x, y, z, volumes, ...rest] = sizes;
  const sound = sizes.every((size) => Number.isInteger(size) && size >= 1);
  if (!sound || !(dims[0] >= 1 && dims[0] <= 7) || rest.some((size) => size > 1)) {
    throw new ModelLockError('data', `${where} has ${sizes.join('x')} voxels`, {
      valid: ['up to four axes'],
    });
  }
  // As the standard has it, a slope of zero means none.
  const scaled = Number.isFinite(slope) && slope !== 0 && Number.isFinite(intercept);
  return {
    shape: [x, y, z],
    volumes,
    type,
    littleEndian: header.littleEndian,
    offset: header.vox_offset,
    slope: scaled ? slope : 1,
    intercept: scaled ? intercept : 0,
  };
}

function parsed(buffer: ArrayBuffer, where: string): ReturnType<typeof readHeader> {
  try {
    return readHeader(buffer);
  } catch (error) {
    throw new ModelLockError('data', `${where} cannot be read as NIfTI: ${messageOf(error)}`);
  }
}

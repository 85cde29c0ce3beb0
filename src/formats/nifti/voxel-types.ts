/** A type of voxels that is one number. */
export interface VoxelType {
  readonly name: string;
  readonly bytes: number;
  readonly get: (view: DataView, place: number, littleEndian: boolean) => number;
}

/** By the codes of NIfTI. */
export const voxelTypes: ReadonlyMap<number, VoxelType> = new Map<number, VoxelType>([
  [2, { name: 'uint8', bytes: 1, get: (view, place) => view.getUint8(place) }],
  [256, { name: 'int8', bytes: 1, get: (view, place) => view.getInt8(place) }],
  [4, { name: 'int16', bytes: 2, get: (view, place, little) => view.getInt16(place, little) }],
  [512, { name: 'uint16', bytes: 2, get: (view, place, little) => view.getUint16(place, little) }],
  [8, { name: 'int32', bytes: 4, get: (view, place, little) => view.getInt32(place, little) }],
  [768, { name: 'uint32', bytes: 4, get: (view, place, little) => view.getUint32(place, little) }],
  [
    1024,
    {
      name: 'int64',
      bytes: 8,
      get: (view, place, little) => Number(view.getBigInt64(place, little)),
    },
  ],
  [
    1280,
    {
      name: 'uint64',
      bytes: 8,
      get: (view, place, little) => Number(view.getBigUint64(place, little)),
    },
  ],
  [16, { name: 'float32', bytes: 4, get: (view, place, little) => view.getFloat32(place, little) }],
  [64, { name: 'float64', bytes: 8, get: (view, place, little) => view.getFloat64(place, little) }],
]);

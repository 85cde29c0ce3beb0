import { ModelLockError } from '../base/error.ts';
import type { WindowChoice } from '../formats/dicom/window.ts';

/** How files of measured values, and of many pictures, are looked at: DICOM and NIfTI. */
export interface Viewing {
  /** The axis that slices of a NIfTI volume are cut across. Default 2. */
  readonly axis?: 0 | 1 | 2;
  /**
   * Which of several volumes of a NIfTI file, from 0 along its fourth axis: a time, or a contrast. Files
   * of several are refused unless given.
   */
  readonly volume?: number;
  /** The slices of a volume or frames of a DICOM file, where a name picks none. Default `middle`. */
  readonly slices?: SliceChoice;
  /**
   * The values from black to white. Default `file`: those that a DICOM file has; where there are
   * none, and in NIfTI, from the 1st to the 99th percentile of the picture.
   */
  readonly window?: WindowChoice;
  /** What stands for voxels that are no finite number; pictures with such are refused unless given. */
  readonly fill?: number;
}

/** What of it belongs to a model: which slices are looked at is said each time. Absent where nothing was said. */
export function lastingViewing(viewing: Viewing = {}): Omit<Viewing, 'slices'> | undefined {
  const { slices: _slices, ...lasting } = viewing;
  return Object.keys(lasting).length > 0 ? lasting : undefined;
}

/** Slices are counted from 0; the last one is included. */
export type SliceChoice = 'middle' | 'all' | { readonly first: number; readonly last: number };

/** The numbers of the chosen ones of `count` slices. Throws `usage` for a range beyond them. */
export function chosenSlices(choice: SliceChoice, count: number, where: string): number[] {
  if (choice === 'middle') return [Math.floor(count / 2)];
  const { first, last } = choice === 'all' ? { first: 0, last: count - 1 } : choice;
  if (first > last || last >= count) {
    throw new ModelLockError('usage', `${where} has no slices ${first} to ${last}`, {
      valid: [`0 to ${count - 1}`],
    });
  }
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

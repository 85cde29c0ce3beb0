import type { DataSet } from 'dicom-parser';

/**
 * Where the tags of a frame are: newer files of many frames have them in sequences, for each frame
 * or for all (PS3.3, C.7.6.16), others in the file itself.
 *
 * @param macro the tag of the sequence with the tags.
 */
export function functionalGroup(dataSet: DataSet, frame: number, macro: string): DataSet {
  const perFrame = dataSet.elements.x52009230?.items?.at(frame)?.dataSet;
  const shared = dataSet.elements.x52009229?.items?.at(0)?.dataSet;
  const within = (group: DataSet | undefined): DataSet | undefined =>
    group?.elements[macro]?.items?.at(0)?.dataSet;
  return within(perFrame) ?? within(shared) ?? dataSet;
}

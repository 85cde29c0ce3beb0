import type { DataSet } from 'dicom-parser';
import { ModelLockError } from '../../base/error.ts';
import { percentileWindow, type Window } from '../intensity/grey.ts';
import { functionalGroup } from './functional-groups.ts';
import type { DicomFile } from './header.ts';
import { entryOf, lookupTable, tableTags } from './lookup-table.ts';

/** A range of values by its middle and its extent, in the unit of the modality. */
export interface DicomWindow {
  readonly centre: number;
  readonly width: number;
}

/** A range that is given, what the file has, or from the 1st to the 99th percentile. */
export type WindowChoice = DicomWindow | 'file' | 'percentile';

/** PS3.3, C.11.2.1.2 and C.11.2.1.3, with black 0 and white 1. */
const functions: ReadonlyMap<string, (window: DicomWindow) => Window> = new Map([
  [
    'LINEAR',
    ({ centre, width }) =>
      (value) =>
        width > 1 ? (value - (centre - 0.5)) / (width - 1) + 0.5 : value > centre - 0.5 ? 1 : 0,
  ],
  [
    'LINEAR_EXACT',
    ({ centre, width }) =>
      (value) =>
        (value - centre) / width + 0.5,
  ],
  [
    'SIGMOID',
    ({ centre, width }) =>
      (value) =>
        1 / (1 + Math.exp((-4 * (value - centre)) / width)),
  ],
]);
const linear = functions.get('LINEAR')!;

/**
 * The window of a frame: of those of the file the first, or else its first table. Where it has neither,
 * percentiles are taken. Throws `usage`, and `data`, naming `where`, for a broken table.
 */
export function windowOf(
  choice: WindowChoice,
  { dataSet, layout }: Pick<DicomFile, 'dataSet' | 'layout'>,
  frame: number,
  measured: Float64Array,
  where: string,
): Window {
  if (typeof choice === 'object') {
    if (isWindow(choice)) return linear(choice);
    throw new ModelLockError('usage', `no window has a width of ${choice.width}`, {
      valid: ['1 or more'],
    });
  }
  if (choice === 'file') {
    const group = functionalGroup(dataSet, frame, 'x00289132');
    const window = {
      centre: group.floatString('x00281050') ?? NaN,
      width: group.floatString('x00281051') ?? NaN,
    };
    const shape = functions.get(group.string('x00281056') ?? 'LINEAR') ?? linear;
    if (isWindow(window)) return shape(window);
    const item = dataSet.elements.x00283010?.items?.at(0)?.dataSet;
    if (item) return tableWindow(item, layout.signed, where);
  }
  return percentileWindow(measured);
}

/** PS3.3, C.11.2.1.1. White is the largest number of as many bits as entries have. */
function tableWindow(item: DataSet, signed: boolean, where: string): Window {
  const table = lookupTable(item, { ...tableTags, of: 'grey levels' }, signed, where);
  const white = table.entries.reduce((a, b) => Math.max(a, b), 2 ** table.bits - 1);
  return (value) => entryOf(table, value) / white;
}

const isWindow = ({ centre, width }: DicomWindow): boolean =>
  Number.isFinite(centre) && Number.isFinite(width) && width > 0;

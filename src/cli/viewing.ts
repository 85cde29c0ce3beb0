import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { SliceChoice, Viewing, WindowChoice } from '../index.ts';
import { given, integer } from './options.ts';

/** How DICOM files and NIfTI volumes become pictures. */

export const axisOption = () =>
  new Option('--axis <n>', 'axis that slices of a NIfTI volume are cut across')
    .choices(['0', '1', '2'] as const)
    .default(undefined, '2');

export const volumeOption = () =>
  new Option(
    '--volume <n>',
    'which of several volumes of a NIfTI file of four axes, from 0: a time, or a contrast',
  ).argParser(integer(0));

export const slicesOption = () =>
  new Option(
    '--slices <which>',
    'slices of a NIfTI volume, or frames of a DICOM file: middle, all, or I-J, from 0; NAME#I picks one',
  )
    .argParser((text: string): SliceChoice => {
      if (text === 'middle' || text === 'all') return text;
      const [, first, last] = (/^(\d{1,6})-(\d{1,6})$/.exec(text) ?? []).map(Number);
      if (first <= last) return { first, last };
      throw new InvalidArgumentError('Valid: middle, all, or I-J with I no larger than J.');
    })
    .default(undefined, 'middle');

export const windowOption = () =>
  new Option(
    '--window <centre,width>',
    'values from black to white in DICOM and NIfTI: CENTRE,WIDTH, percentile, or file',
  )
    .argParser((text: string): WindowChoice => {
      if (text === 'file' || text === 'percentile') return text;
      const [, centre, width] = (/^(-?[\d.]+),([\d.]+)$/.exec(text) ?? []).map(Number);
      if (Number.isFinite(centre) && width > 0) return { centre, width };
      throw new InvalidArgumentError(
        'Valid: CENTRE,WIDTH with a width above 0, percentile, or file.',
      );
    })
    .default(undefined, "the file's own, or else percentile");

export const fillOption = () =>
  new Option('--fill <x>', 'what stands for voxels of NIfTI that are no numbers').argParser(
    (text: string): number => {
      const value = Number(text);
      if (text.trim() !== '' && Number.isFinite(value)) return value;
      throw new InvalidArgumentError('Valid: a number.');
    },
  );

export interface ViewingOptions {
  readonly axis?: '0' | '1' | '2' | undefined;
  readonly volume?: number | undefined;
  readonly slices?: SliceChoice | undefined;
  readonly window?: WindowChoice | undefined;
  readonly fill?: number | undefined;
}

export function viewingOf({ axis, volume, slices, window, fill }: ViewingOptions): Viewing {
  const number = axis === undefined ? undefined : (Number(axis) as 0 | 1 | 2);
  return given({ axis: number, volume, slices, window, fill });
}

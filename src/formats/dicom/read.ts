import { ModelLockError } from '../../base/error.ts';
import type { RgbImage } from '../../tensor/image.ts';
import { greyImage, type ValueImage } from '../intensity/grey.ts';
import { rgbImage } from './colour.ts';
import { frameSamples } from './frame.ts';
import { hasColours, openDicom } from './header.ts';
import { paletteImage } from './palette-colour.ts';
import { sourceOf, type DicomSource } from './source.ts';
import { modalityValues, storedValues } from './values.ts';
import { windowOf, type WindowChoice } from './window.ts';

export interface DicomOptions {
  /** What pseudonyms are made with: to be kept, if the same patient is to get the same one again. */
  readonly salt: Uint8Array;
  /** From 0; the first unless given. */
  readonly frame?: number;
  /** The values from black to white, of grey files; the file's own unless given. */
  readonly window?: WindowChoice;
}

/** A frame of a DICOM file, with nothing that tells whose it is. */
export interface DicomImage {
  /** Grey files have three equal channels. */
  readonly image: RgbImage;
  readonly source: DicomSource;
}

/**
 * Reads a frame of a DICOM file: native, RLE, JPEG (baseline, extended, or lossless), JPEG-LS or JPEG 2000;
 * grey of up to 16 bits, colours of 8, or places in tables of colours. Grey values are rescaled to the unit of the modality, seen
 * through the window, and turned over where the file says that large ones are dark (MONOCHROME1).
 *
 * Throws `data`, naming `where`, for what is broken, `unsupported` for what is not read, `usage`
 * for a frame or a window that there is not. No message has a tag that is about a person.
 */
export async function readDicom(
  bytes: Uint8Array,
  where: string,
  { salt, frame = 0, window = 'file' }: DicomOptions,
): Promise<DicomImage> {
  const file = openDicom(bytes, where);
  const { dataSet, layout } = file;
  const samples = await frameSamples(file, frame, where);
  const source = sourceOf(dataSet, layout.frames, salt);
  if (layout.channels === 3) return { image: rgbImage(samples, layout), source };
  const stored = storedValues(samples.bytes, layout);
  if (hasColours(layout)) return { image: paletteImage(stored, dataSet, layout, where), source };
  const { measured, ...picture } = modalityValues(stored, dataSet, layout, frame, where);
  const grey = windowOf(window, file, frame, measured, where);
  return { image: greyImage(picture, grey, layout.photometric === 'MONOCHROME1'), source };
}

/**
 * What a file tells besides its pixels, which are not decoded. Throws `data` and `unsupported` as
 * `readDicom` does.
 */
export function readDicomSource(bytes: Uint8Array, where: string, salt: Uint8Array): DicomSource {
  const { dataSet, layout } = openDicom(bytes, where);
  return sourceOf(dataSet, layout.frames, salt);
}

export const dicomMagicBytes = 132;

/** Whether a file of any name is a DICOM file, by its first `dicomMagicBytes` bytes. */
export const hasDicomMagic = (start: Uint8Array): boolean =>
  String.fromCharCode(...start.subarray(128, dicomMagicBytes)) === 'DICM';

/**
 * The values of a frame of a grey file, in the unit of the modality. Throws as `readDicom`, and
 * `unsupported` for colours.
 */
export async function readDicomValues(
  bytes: Uint8Array,
  where: string,
  frame = 0,
): Promise<ValueImage> {
  const file = openDicom(bytes, where);
  if (hasColours(file.layout)) {
    throw new ModelLockError('unsupported', `${where} has colours, not values`);
  }
  const { bytes: samples } = await frameSamples(file, frame, where);
  const stored = storedValues(samples, file.layout);
  const { width, height, values } = modalityValues(stored, file.dataSet, file.layout, frame, where);
  return { width, height, values };
}

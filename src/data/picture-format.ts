import { dicomMagicBytes, hasDicomMagic } from '../formats/dicom/read.ts';
import { basename, extname, fileSizeIfAny, readRange } from '../platform/files.ts';

/** What is taken for an ordinary picture by its name. */
const extensions = new Set([
  '.jpg',
  '.jpeg',
  '.jfif',
  '.png',
  '.webp',
  '.bmp',
  '.gif',
  '.tif',
  '.tiff',
  '.ppm',
  '.pgm',
]);

/** Whether a file's name is one of an ordinary picture. */
export const isPicture = (name: string): boolean => extensions.has(extname(name).toLowerCase());

/** Files of measured values, which may hold many pictures. */
export type MedicalFormat = 'dicom' | 'nifti';

/** The formats by what names end with. */
const medicalEndings: ReadonlyMap<string, MedicalFormat> = new Map([
  ['.dcm', 'dicom'],
  ['.dicom', 'dicom'],
  ['.nii', 'nifti'],
  ['.nii.gz', 'nifti'],
]);

const medicalEnding = (path: string): string | undefined => {
  const name = basename(path).toLowerCase();
  return [...medicalEndings.keys()].find((end) => name.endsWith(end));
};

/** Whether a file's name is one of a NIfTI volume. */
export const isVolume = (name: string): boolean =>
  medicalEndings.get(medicalEnding(name) ?? '') === 'nifti';

/** The format of a file by its name or, where that says nothing, by its first bytes. */
export async function medicalFormat(path: string): Promise<MedicalFormat | undefined> {
  if (isPicture(path)) return undefined;
  const ending = medicalEnding(path);
  if (ending !== undefined) return medicalEndings.get(ending);
  return (await isUnnamedDicom(path)) ? 'dicom' : undefined;
}

/** Whether there may be pictures in a file, by its name, or by its first bytes. */
export const mayHavePictures = async (path: string): Promise<boolean> =>
  isPicture(path) || (await medicalFormat(path)) !== undefined;

/**
 * Scanners and archives have names of their own, such as `MR.1.3.12.IMA`. What may not be read is
 * taken for none of them: it need not be a picture at all.
 */
async function isUnnamedDicom(path: string): Promise<boolean> {
  // The directory of a disc is DICOM without pictures.
  if (basename(path).toUpperCase() === 'DICOMDIR') return false;
  const size = await fileSizeIfAny(path);
  if (size === undefined || size < dicomMagicBytes) return false;
  const start = await readRange(path, 0, dicomMagicBytes).catch(() => undefined);
  return start !== undefined && hasDicomMagic(start);
}

/** Archives name files by numbers, by parts of a UID, or by letters and numbers without an ending. */
const hasNoEnding = (path: string): boolean => /^(?:\.\d*)?$/.test(extname(path));

/** The path of a picture without its ending, and with the number of a slice behind it: `scan-42`. */
export function pictureStem(path: string): string {
  const [, file = path, slice] = /^(.*)#(\d+)$/.exec(path) ?? [];
  const ending = medicalEnding(file) ?? (hasNoEnding(file) ? '' : extname(file));
  const stem = file.slice(0, file.length - ending.length);
  return slice === undefined ? stem : `${stem}-${slice}`;
}

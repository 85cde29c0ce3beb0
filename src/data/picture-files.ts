import { ModelLockError } from '../base/error.ts';
import { readDicom, readDicomSource } from '../formats/dicom/read.ts';
import { niftiImage, openNifti } from '../formats/nifti/volume.ts';
import { randomBytes, sha256 } from '../platform/crypto.ts';
import { exists, readBytes } from '../platform/files.ts';
import type { RgbImage } from '../tensor/image.ts';
import { medicalFormat, type MedicalFormat } from './picture-format.ts';
import { RecentFiles } from './recent-files.ts';
import { filePicture, type Picture } from './sample.ts';
import { chosenSlices, type Viewing } from './viewing.ts';

/** The place of a picture among those in its file. */
export interface SlicePlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** A picture, and whose it is where its file says so. */
export interface FoundPicture extends Picture {
  /** Where it is one of several in its file. */
  readonly slice?: SlicePlace;
  /**
   * A pseudonym of the patient that nobody can reverse, the same within one `PictureFiles`; where a
   * file does not say, of the study or the series, and of a slice the file.
   */
  readonly group?: string;
}

/** A file of one or more pictures of measured values. */
interface MedicalFile {
  readonly bytes: Uint8Array;
  /** Slices or frames. */
  readonly count: number;
  /** A pseudonym of the patient, or of what else tells files that belong together. */
  readonly group?: string | undefined;
  read(index: number): RgbImage | Promise<RgbImage>;
}

interface OpenOptions extends Viewing {
  readonly salt: Uint8Array;
}

type OpenMedical = (bytes: Uint8Array, where: string, options: OpenOptions) => Promise<MedicalFile>;

const openDicomFile: OpenMedical = async (bytes, where, { salt, window }) => {
  const { frames, patient, study, series } = readDicomSource(bytes, where, salt);
  return {
    bytes,
    count: frames,
    // Whoever takes the patients out of files leaves the studies, or new names for them, in.
    group: patient ?? study ?? series,
    read: async (frame) => (await readDicom(bytes, where, { salt, frame, window })).image,
  };
};

const openNiftiFile: OpenMedical = async (bytes, where, { axis = 2, volume, window, fill }) => {
  const file = await openNifti(bytes, where);
  const { shape, volumes } = file.header;
  if (volume === undefined && volumes > 1) {
    throw new ModelLockError(
      'data',
      `${where} has ${volumes} volumes along its fourth axis, and nothing says which one is meant`,
      { valid: [`volume 0 to ${volumes - 1}`, 'a file for each'] },
    );
  }
  const range =
    typeof window === 'object'
      ? { low: window.centre - window.width / 2, high: window.centre + window.width / 2 }
      : undefined;
  return {
    bytes: file.bytes,
    count: shape[axis],
    read: (index) => niftiImage(file, { axis, index, volume, fill, window: range }),
  };
};

const openers: Readonly<Record<MedicalFormat, OpenMedical>> = {
  dicom: openDicomFile,
  nifti: openNiftiFile,
};

/**
 * Finds the pictures in files: ordinary ones, DICOM, and slices of NIfTI volumes. Nothing that tells
 * whose they are leaves it but pseudonyms under a salt that it keeps to itself.
 */
export class PictureFiles {
  readonly #options: OpenOptions;
  readonly #recent = new RecentFiles<MedicalFile>();

  constructor(viewing: Viewing = {}, salt = randomBytes(16)) {
    this.#options = { ...viewing, salt };
  }

  /**
   * The pictures that a name stands for: a file, or one slice of it, as `scan.nii.gz#42`. Nothing is
   * thrown here for what cannot be read: the picture throws it when it is, so that it can be skipped.
   */
  async open(name: string): Promise<readonly FoundPicture[]> {
    try {
      return await this.#open(name);
    } catch (error) {
      if (!(error instanceof ModelLockError)) throw error;
      const refuse = (): Promise<never> => Promise.reject(error);
      return [{ path: name, read: refuse, content: refuse }];
    }
  }

  async #open(name: string): Promise<readonly FoundPicture[]> {
    const { path, format, index } = await parsed(name);
    if (!format) return [filePicture(name)];
    const { count, ...file } = await this.#file(path, format);
    // Neighbouring slices are nearly the same picture.
    const group = file.group ?? (count > 1 ? path : undefined);
    const { slices = 'middle' } = this.#options;
    const indices = index === undefined ? chosenSlices(slices, count, path) : [index];
    return indices.map((i) => {
      const read = async (): Promise<RgbImage> => (await this.#file(path, format)).read(i);
      const isAll = count === 1 && index === undefined;
      return {
        path: isAll ? path : `${path}#${i}`,
        ...(!isAll && { slice: { index: i, count } }),
        ...(group !== undefined && { group }),
        read,
        // Of what is seen: the same picture under other headers is the same.
        content: async () => {
          const { width, height, data } = await read();
          return sha256(`${width}x${height}\0`, data);
        },
      };
    });
  }

  #file(path: string, format: MedicalFormat): Promise<MedicalFile> {
    return this.#recent.get(path, async () =>
      openers[format](await readBytes(path), path, this.#options),
    );
  }
}

interface ParsedName {
  readonly path: string;
  /** Absent for ordinary pictures. */
  readonly format?: MedicalFormat | undefined;
  /** Of the slice or frame, where the name picks one. */
  readonly index?: number;
}

async function parsed(name: string): Promise<ParsedName> {
  const [, stem, digits] = /^(.+)#(\d{1,9})$/.exec(name) ?? [];
  if (stem !== undefined && !(await exists(name))) {
    const format = await medicalFormat(stem);
    if (format) return { path: stem, format, index: Number(digits) };
  }
  return { path: name, format: await medicalFormat(name) };
}

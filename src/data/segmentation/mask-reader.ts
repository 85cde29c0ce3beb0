import { ModelLockError } from '../../base/error.ts';
import { openNifti, type NiftiVolume, type SliceOptions } from '../../formats/nifti/volume.ts';
import { dirname, exists, join, readBytes, readText } from '../../platform/files.ts';
import type { LabelMap } from '../../tensor/label-map.ts';
import type { SlicePlace } from '../picture-files.ts';
import { isPicture, medicalFormat } from '../picture-format.ts';
import { RecentFiles } from '../recent-files.ts';
import { classList, namesIn, type ClassList } from './class-list.ts';
import { readColourMask, readIndexMask, sliceMask } from './mask-file.ts';
import { readPalette } from './palette.ts';

/** Files that name classes or colours, in the folder itself or the one above it. */
const classFiles = ['classes.txt', 'labels.txt'] as const;
const paletteFiles = [
  'palette.txt',
  'palette.csv',
  'label_colors.txt',
  'class_dict.csv',
  'labelmap.txt',
] as const;

/** What the files do not say. */
export interface MaskOptions {
  /** Names of the classes from number 0 on, where no file names them. */
  readonly classes?: readonly string[];
  /** A file of colours, for masks that have colours. */
  readonly palette?: string;
  /** Names of classes that are to be ignored; those of `ignoredNames` unless given. */
  readonly ignore?: readonly string[];
  /** The axis that slices of NIfTI volumes are cut across, as for their pictures. Default 2. */
  readonly axis?: SliceOptions['axis'];
}

/** Of a file of several pictures, the mask of one slice. */
export type MaskReader = (path: string, slice: SlicePlace | undefined) => Promise<LabelMap>;

/** The masks of a folder. */
export interface FolderMasks {
  readonly classes: readonly string[];
  readonly read: MaskReader;
  /** See `SegmentationItem`. */
  readonly ignoresWhite: (path: string) => boolean;
}

/**
 * How the masks of a folder are read, and the classes in them: by a palette, or as numbers.
 *
 * @param known the classes where no file names them.
 */
export async function maskReader(
  root: string,
  options: MaskOptions,
  known?: readonly string[],
): Promise<FolderMasks> {
  const paletteFile = options.palette ?? (await firstFile(root, paletteFiles));
  if (paletteFile !== undefined) {
    const palette = await readPalette(paletteFile, options.ignore);
    return {
      classes: palette.classes,
      read: onePicture((path) => readColourMask(path, palette)),
      ignoresWhite: () => false,
    };
  }
  const classFile = await firstFile(root, classFiles);
  const written = classFile === undefined ? undefined : namesIn(await readText(classFile));
  const names = options.classes ?? written ?? known;
  if (names === undefined) {
    throw new ModelLockError('not-found', `${root} has no file that names its classes`, {
      valid: [...classFiles, ...paletteFiles],
    });
  }
  const where = options.classes ? 'the list of classes' : (classFile ?? root);
  const list = classList(names, where, options.ignore);
  const ofPicture = onePicture((path) => readIndexMask(path, list));
  const ofVolume = volumeReader(list, options);
  return {
    classes: list.classes,
    read: async (path, slice) =>
      ((await medicalFormat(path)) === 'nifti' ? ofVolume : ofPicture)(path, slice),
    ignoresWhite: (path) => isPicture(path) && list.classes.length === names.length,
  };
}

function onePicture(read: (path: string) => Promise<LabelMap>): MaskReader {
  return async (path, slice) => {
    if (slice === undefined) return read(path);
    throw new ModelLockError(
      'data',
      `${path} is the mask of one picture, not of slice ${slice.index}`,
      {
        valid: ['a NIfTI file of class numbers'],
      },
    );
  };
}

function volumeReader(list: ClassList, { axis = 2 }: Pick<MaskOptions, 'axis'>): MaskReader {
  const files = new RecentFiles<NiftiVolume>();
  return async (path, slice) => {
    const file = await files.get(path, async () => openNifti(await readBytes(path), path));
    const { shape, volumes } = file.header;
    if (volumes > 1) {
      throw new ModelLockError(
        'data',
        `${path} has ${volumes} volumes along its fourth axis, where a mask has one`,
      );
    }
    const { index, count } = slice ?? { index: 0, count: 1 };
    if (shape[axis] !== count) {
      throw new ModelLockError('data', `${path} has ${shape[axis]} slices, its picture ${count}`);
    }
    return sliceMask(file, { axis, index }, list);
  };
}

async function firstFile(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const folder of [root, dirname(root)]) {
    for (const name of names) {
      if (await exists(join(folder, name))) return join(folder, name);
    }
  }
  return undefined;
}

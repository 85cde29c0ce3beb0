import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { EditJobOptions } from '../index.ts';
import { given, integer, number } from './options.ts';

/** How pictures are edited: what both `lock` and `edit` are told. */

const editorsOwn = "the editor's own";

export const alphaOption = () =>
  new Option('--alpha <x>', 'strength of the edit, 0 to 1')
    .argParser(number(0, 1))
    .default(undefined, editorsOwn);

export const stepsOption = () =>
  new Option('--steps <n>', 'denoising steps of the edit')
    .argParser(integer(1, 1000))
    .default(undefined, editorsOwn);

export const guidanceOption = () =>
  new Option('--guidance <x>', 'text guidance of the edit')
    .argParser(number(1, 100))
    .default(undefined, editorsOwn);

export const imageGuidanceOption = () =>
  new Option('--image-guidance <x>', 'image guidance of the edit')
    .argParser(number(0, 100))
    .default(undefined, editorsOwn);

/** How much an editor that begins with the picture changes of it: not nothing. */
export const strengthOption = () =>
  new Option(
    '--strength <x>',
    'how far the picture is noised before it is redrawn, above 0, up to 1',
  )
    .argParser((text: string): number => {
      const value = Number(text);
      if (value > 0 && value <= 1) return value;
      throw new InvalidArgumentError('Valid: above 0, up to 1.');
    })
    .default(undefined, editorsOwn);

const editSize = integer(8, 4096);

export const editSizeOption = () =>
  new Option('--edit-size <n>', "pictures' short side while they are edited")
    .argParser(editSize)
    .default(undefined, `${editorsOwn}; where a segmenter sees larger pictures, as large`);

/** What that was called before; it says too little of whose size it is. */
export const oldEditSizeOption = () => new Option('--size <n>').argParser(editSize).hideHelp();

export interface EditingOptions {
  readonly alpha?: number | undefined;
  readonly steps?: number | undefined;
  readonly guidance?: number | undefined;
  readonly imageGuidance?: number | undefined;
  readonly strength?: number | undefined;
  readonly editSize?: number | undefined;
  readonly size?: number | undefined;
}

/** What those options say of an edit. */
export function editOf({
  size,
  editSize: newer = size,
  ...others
}: EditingOptions): NonNullable<EditJobOptions['edit']> {
  const { alpha, steps, guidance, imageGuidance, strength } = others;
  return given({ alpha, steps, guidance, imageGuidance, strength, size: newer });
}

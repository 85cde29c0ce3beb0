import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';

/** How weights are called in the folders of transformers and diffusers, on disk and on the hub. */

/** What cannot run code comes first. */
const formats = [
  { extension: 'safetensors', stems: ['model', 'diffusion_pytorch_model'] },
  { extension: 'bin', stems: ['pytorch_model', 'diffusion_pytorch_model'] },
] as const;

/** Variants of weights by their precision, the one that is wanted first. */
export const weightVariants = {
  fullFirst: ['', '.fp16'],
  halfFirst: ['.fp16', ''],
} as const;

/** A way for weights to lie in a folder: in one file, or in several that an index lists. */
export interface WeightPlace {
  readonly file: string;
  readonly index: string;
}

/** Where the weights of a folder may lie, the best first. */
export const weightPlaces = (variants: readonly string[]): readonly WeightPlace[] =>
  formats.flatMap(({ extension, stems }) =>
    variants.flatMap((variant) =>
      stems.map((stem) => ({
        file: `${stem}${variant}.${extension}`,
        index: `${stem}.${extension}.index${variant}.json`,
      })),
    ),
  );

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Which tensor lies in which file, by an index. Throws `corrupt`, naming it, for what is none. */
export function weightMapOf(index: unknown, where: string): Readonly<Record<string, string>> {
  const { success, data } = indexSchema.safeParse(index);
  if (success) return data.weight_map;
  throw new ModelLockError('corrupt', `${where}: field "weight_map" is no map of file names`);
}

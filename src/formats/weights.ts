import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { exists, join, pathWithin, readBytes, readJsonObject } from '../platform/files.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { decodeSafetensors } from './safetensors.ts';

/** Names of weights in the folders of transformers and diffusers, which read full precision first. */
const stems = ['model', 'diffusion_pytorch_model'];
const variants = ['', '.fp16'];

/** Where the weights of a folder may lie: in one file, or in several that an index lists. */
const places = variants.flatMap((variant) =>
  stems.map((stem) => ({
    file: `${stem}${variant}.safetensors`,
    index: `${stem}.safetensors.index${variant}.json`,
  })),
);

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

export interface StoredWeights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The file they lie in, or the index of several. */
  readonly path: string;
}

/**
 * The weights of a checkpoint's folder, whole or sharded, in the dtypes they are stored in.
 * Throws `not-found` where there are none; `corrupt`, naming the file, for broken ones.
 */
export async function readWeights(folder: string): Promise<StoredWeights> {
  for (const { file, index } of places) {
    const whole = join(folder, file);
    if (await exists(whole)) return { tensors: await readFile(whole), path: whole };
    const sharded = join(folder, index);
    if (await exists(sharded)) return { tensors: await readShards(folder, sharded), path: sharded };
  }
  const files = places.map(({ file }) => file);
  throw new ModelLockError('not-found', `there are no weights at ${join(folder, files[0])}`, {
    valid: files,
  });
}

async function readFile(path: string): Promise<Map<string, Tensor>> {
  return decodeSafetensors(await readBytes(path), path).tensors;
}

/** The tensors that an index names, each from the file it names for it. */
async function readShards(folder: string, index: string): Promise<Map<string, Tensor>> {
  const parsed = indexSchema.safeParse(await readJsonObject(index));
  if (!parsed.success) {
    throw new ModelLockError('corrupt', `${index}: field "weight_map" is no map of file names`);
  }
  const map = Object.entries(parsed.data.weight_map);
  const weights = new Map<string, Tensor>();
  for (const file of new Set(map.map(([, file]) => file))) {
    const path = pathWithin(folder, file);
    const tensors = await readFile(path);
    for (const [name, place] of map) {
      if (place !== file) continue;
      const found = tensors.get(name);
      if (!found) {
        throw new ModelLockError('corrupt', `${path} has no tensor "${name}", as ${index} says`);
      }
      weights.set(name, found);
    }
  }
  return weights;
}

/** Throws `corrupt` where weights lack a parameter, or it has another shape or values that are no numbers. */
export function requireWeights(
  weights: ReadonlyMap<string, Tensor>,
  shapes: ReadonlyMap<string, { readonly shape: readonly (number | string)[] }>,
  where: string,
): void {
  for (const [name, { shape }] of shapes) {
    const found = weights.get(name);
    if (!found) throw new ModelLockError('corrupt', `${where} has no tensor "${name}"`);
    if (found.shape.join() !== shape.join()) {
      throw new ModelLockError(
        'corrupt',
        `${where}: tensor "${name}" has shape [${found.shape.join(', ')}], not [${shape.join(', ')}]`,
      );
    }
    if (!allFinite(found)) {
      throw new ModelLockError(
        'corrupt',
        `${where}: tensor "${name}" has values that are no numbers`,
      );
    }
  }
}

/** A plain loop: a call for each of a billion weights would take seconds. */
function allFinite({ data }: Tensor): boolean {
  if (!(data instanceof Float32Array)) return true;
  for (let i = 0; i < data.length; i++) {
    if (data[i] - data[i] !== 0) return false;
  }
  return true;
}

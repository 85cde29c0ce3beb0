import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { exists, join, pathWithin, readJsonObject, readRange } from '../platform/files.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { isFinite } from '../tensor/finite.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { openSafetensors } from './safetensors-file.ts';
import { tensorOf } from './safetensors.ts';
import type { StoredTensor, StoredTensors } from './stored-tensor.ts';

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
  readonly tensors: StoredTensors;
  /** The file they lie in, or the index of several. */
  readonly path: string;
}

/**
 * The weights of a checkpoint's folder, whole or sharded, in the dtypes they are stored in; none of
 * them is read yet. Throws `not-found` where there are none; `corrupt`, naming the file, for broken ones.
 */
export async function openWeights(folder: string): Promise<StoredWeights> {
  for (const { file, index } of places) {
    const whole = join(folder, file);
    if (await exists(whole)) return { tensors: await openSafetensors(whole), path: whole };
    const sharded = join(folder, index);
    if (await exists(sharded)) return { tensors: await openShards(folder, sharded), path: sharded };
  }
  const files = places.map(({ file }) => file);
  throw new ModelLockError('not-found', `there are no weights at ${join(folder, files[0])}`, {
    valid: files,
  });
}

/** The tensors that an index names, each from the file it names for it. */
async function openShards(folder: string, index: string): Promise<StoredTensors> {
  const parsed = indexSchema.safeParse(await readJsonObject(index));
  if (!parsed.success) {
    throw new ModelLockError('corrupt', `${index}: field "weight_map" is no map of file names`);
  }
  const map = Object.entries(parsed.data.weight_map);
  const weights = new Map<string, StoredTensor>();
  for (const file of new Set(map.map(([, file]) => file))) {
    const path = pathWithin(folder, file);
    const tensors = await openSafetensors(path);
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

type Shapes = ReadonlyMap<string, { readonly shape: readonly (number | string)[] }>;

/** Throws `corrupt` where weights lack a parameter, or it has another shape or values that are no numbers. */
export function requireWeights(
  weights: ReadonlyMap<string, Tensor>,
  shapes: Shapes,
  where: string,
): void {
  requireShapes(weights, shapes, where);
  for (const name of shapes.keys()) {
    if (!isFinite(weights.get(name)!)) throw notFinite(name, where);
  }
}

/** As `requireWeights`, of weights that are read for it piece by piece. */
export async function requireStoredWeights(
  weights: StoredTensors,
  shapes: Shapes,
  where: string,
): Promise<void> {
  requireShapes(weights, shapes, where);
  for (const name of shapes.keys()) {
    for await (const piece of piecesOf(weights.get(name)!)) {
      if (!isFinite(piece)) throw notFinite(name, where);
    }
  }
}

/** Bytes of a tensor that are read at once; a multiple of every element's. */
const pieceBytes = 2 ** 22;

/** A stored tensor's elements, in pieces of rank 1. */
async function* piecesOf(stored: StoredTensor): AsyncGenerator<Tensor> {
  const { place, dtype } = stored;
  if (!place) return yield await stored.read();
  for (let start = 0; start < place.length; start += pieceBytes) {
    const length = Math.min(pieceBytes, place.length - start);
    const bytes = await readRange(place.path, place.offset + start, length);
    yield tensorOf(dtype, [length / bytesPerElement(dtype)], bytes);
  }
}

function requireShapes(
  weights: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  shapes: Shapes,
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
  }
}

function notFinite(name: string, where: string): ModelLockError {
  return new ModelLockError('corrupt', `${where}: tensor "${name}" has values that are no numbers`);
}

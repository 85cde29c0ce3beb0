import { ModelLockError } from '../base/error.ts';
import { exists, join, pathWithin, readJsonObject, readRange } from '../platform/files.ts';
import { toFloat32 } from '../tensor/convert.ts';
import { bytesPerElement } from '../tensor/dtype.ts';
import { allFinite } from '../tensor/finite.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { tensorOf } from './safetensors.ts';
import type { StoredTensor, StoredTensors } from './stored-tensor.ts';
import { openTensorFile } from './tensor-file.ts';
import { weightMapOf, weightPlaces, weightVariants } from './weight-files.ts';

const places = weightPlaces(weightVariants.fullFirst);

/** The files that the weights of a folder lie in. */
export interface WeightFiles {
  /** The file, or the index of several. */
  readonly path: string;
  /** Of an index: which tensor lies in which file. */
  readonly map?: Readonly<Record<string, string>>;
}

/** Whether a folder has weights, by the names of its files. */
export async function hasWeights(folder: string): Promise<boolean> {
  return (await placeIn(folder)) !== undefined;
}

/**
 * Finds the weights of a checkpoint's folder. Throws `not-found` where there are none; `corrupt` for
 * an index that is none.
 */
export async function findWeights(folder: string): Promise<WeightFiles> {
  const found = await placeIn(folder);
  if (!found) {
    const files = places.map(({ file }) => file);
    throw new ModelLockError('not-found', `there are no weights at ${join(folder, files[0])}`, {
      valid: files,
    });
  }
  if (!found.isIndex) return found;
  const { path } = found;
  return { path, map: weightMapOf(await readJsonObject(path), path) };
}

async function placeIn(
  folder: string,
): Promise<{ readonly path: string; readonly isIndex: boolean } | undefined> {
  for (const { file, index } of places) {
    const [whole, list] = [join(folder, file), join(folder, index)];
    if (await exists(whole)) return { path: whole, isIndex: false };
    if (await exists(list)) return { path: list, isIndex: true };
  }
  return undefined;
}

export interface StoredWeights {
  readonly tensors: StoredTensors;
  /** The file they lie in, or the index of several. */
  readonly path: string;
}

/**
 * The weights of a checkpoint's folder, whole or sharded, safetensors or torch's, in the dtypes they
 * are stored in; none of them is read yet. Throws `not-found` where there are none; `corrupt`,
 * naming the file, for broken ones.
 */
export async function openWeights(folder: string): Promise<StoredWeights> {
  const { path, map } = await findWeights(folder);
  if (!map) return { path, tensors: (await openTensorFile(path)).tensors };
  const weights = new Map<string, StoredTensor>();
  for (const file of new Set(Object.values(map))) {
    const shard = pathWithin(folder, file);
    const { tensors } = await openTensorFile(shard);
    for (const [name, place] of Object.entries(map)) {
      if (place !== file) continue;
      const found = tensors.get(name);
      if (!found) {
        throw new ModelLockError('corrupt', `${shard} has no tensor "${name}", as ${path} says`);
      }
      weights.set(name, found);
    }
  }
  return { path, tensors: weights };
}

/** All of them, in single precision. */
export async function readWeights(stored: StoredTensors): Promise<Map<string, Tensor<'float32'>>> {
  const weights = new Map<string, Tensor<'float32'>>();
  for (const [name, tensor] of stored) weights.set(name, toFloat32(await tensor.read()));
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
    if (!allFinite(weights.get(name)!)) throw notFinite(name, where);
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
      if (!allFinite(piece)) throw notFinite(name, where);
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

import { ModelLockError } from '../base/error.ts';
import { hasHead, type ModelCheckpoint } from '../bundle/checkpoint.ts';
import { sizeOf, tensor, type Tensor } from '../tensor/tensor.ts';

/** What becomes of a model's last layer where it is to learn the classes of some data. */

/**
 * Where the data's classes are among those of the model, which keeps its last layer then;
 * `undefined` where it gets a new one: it has none yet, or other classes, or names that occur twice
 * in another order.
 */
export function keptPlaces(
  base: ModelCheckpoint,
  labels: readonly string[],
): readonly number[] | undefined {
  const isTrained = base.weights.size > 0 && hasHead(base);
  return isTrained ? placesAmong(base.network.labels, labels) : undefined;
}

/** Whether classes are the same and in the same order, however their accents are written. */
export const areSameClasses = (own: readonly string[], wanted: readonly string[]): boolean =>
  placesAmong(own, wanted)?.every((place, i) => place === i) ?? false;

function placesAmong(
  ofModel: readonly string[],
  ofData: readonly string[],
): readonly number[] | undefined {
  const [own, wanted] = [ofModel, ofData].map((names) =>
    names.map((name) => name.normalize('NFC')),
  );
  if (own.length !== wanted.length) return undefined;
  if (own.join('\n') === wanted.join('\n')) return [...own.keys()];
  const places = wanted.map((name) => own.indexOf(name));
  return new Set(places).size === places.length && !places.includes(-1) ? places : undefined;
}

/** Throws `unsupported` where a model would need another last layer than it has, and cannot. */
export function requireLastLayer(base: ModelCheckpoint, labels: readonly string[]): void {
  const { network, weightsPath } = base;
  if (network.fixedHead === undefined || areSameClasses(network.labels, labels)) return;
  throw new ModelLockError(
    'unsupported',
    `${weightsPath} cannot get a last layer for the classes of the data: ${network.fixedHead}`,
    { valid: ['predict', 'evaluate', 'data of the classes of the model, in their order'] },
  );
}

/** The weights of a model whose classes are in another order. */
export function withClassesAt(
  { network, weights }: Pick<ModelCheckpoint, 'network' | 'weights'>,
  places: readonly number[],
): ReadonlyMap<string, Tensor<'float32'>> {
  if (places.every((place, i) => place === i)) return weights;
  return new Map(
    [...weights].map(([name, t]) => [
      name,
      network.isHead(name) ? picked(t, network.classAxis(name), places) : t,
    ]),
  );
}

/** The slices of a tensor along an axis, in another order. */
function picked(
  { shape, data }: Tensor<'float32'>,
  axis: number,
  places: readonly number[],
): Tensor<'float32'> {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const all = new Float32Array(data.length);
  for (let row = 0; row < outer; row++) {
    const start = row * shape[axis];
    places.forEach((place, i) => {
      const from = (start + place) * inner;
      all.set(data.subarray(from, from + inner), (start + i) * inner);
    });
  }
  return tensor('float32', shape, all);
}

/** What the user is told of it. */
export function lastLayerNotice({
  before,
  classes,
  isKept,
}: {
  /** The classes of a last layer that there is. */
  readonly before: readonly string[] | undefined;
  readonly classes: number;
  readonly isKept: boolean;
}): string {
  if (isKept) return 'the classes are those of the model, which keeps its last layer';
  const names = before && `${before.slice(0, 3).join(', ')}${before.length > 3 ? ' ...' : ''}`;
  const place = names === undefined ? 'the first' : `in place of that for ${names}`;
  return `the model gets a new last layer for ${classes} classes, ${place}`;
}

/** How the last layer learns: only a new one has a rate of its own. */
export const tuningOfKept = <T extends { readonly headFactor: number }>(
  tuning: T,
  isKept: boolean,
): T => (isKept ? { ...tuning, headFactor: 1 } : tuning);

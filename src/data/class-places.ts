import { ModelLockError } from '../base/error.ts';

/** How classes of one set are told for those of another: by their names, or by their order. */
export type Matching = 'name' | 'order';

/** By name where all names are known, however their accents are written, else by order. */
export function matchingOf(own: readonly string[], wanted: readonly string[]): Matching {
  const known = new Set(wanted.map((name) => name.normalize('NFC')));
  return own.every((name) => known.has(name.normalize('NFC'))) ? 'name' : 'order';
}

/**
 * The number that each class of a data set has among those of a model: by name where the model has
 * all names, however their accents are written, else by order. Throws `data` where neither fits.
 */
export function classPlaces(own: readonly string[], wanted: readonly string[]): readonly number[] {
  const place = new Map(wanted.map((name, i) => [name.normalize('NFC'), i]));
  const places = own.map((name) => place.get(name.normalize('NFC')));
  if (places.every((label) => label !== undefined)) return places;
  if (own.length === wanted.length) return own.map((_, i) => i);
  throw new ModelLockError('data', `the model has no class "${own[places.indexOf(undefined)]}"`, {
    valid: wanted,
  });
}

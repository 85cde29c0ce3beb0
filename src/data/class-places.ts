import { ModelLockError } from '../base/error.ts';

/** How classes of one set are told for those of another: by their names, or by their order. */
export type Matching = 'name' | 'order';

/** How `classPlaces` tells them: by name where all are known, else by order. */
export function matchingOf(own: readonly string[], wanted: readonly string[]): Matching {
  const known = new Set(wanted.map((name) => name.normalize('NFC')));
  return own.every((name) => known.has(name.normalize('NFC'))) ? 'name' : 'order';
}

export interface MatchingOptions {
  /** Whether as many classes of quite other names are taken in their order. Default false. */
  readonly allowOrder?: boolean | undefined;
}

/**
 * The number that each class of a data set has among those of a model: by name, however accents are
 * written. Throws `data` for a class that the model does not have, unless the order is allowed to
 * tell and no name is known: where some are, the order of the others says nothing.
 */
export function classPlaces(
  own: readonly string[],
  wanted: readonly string[],
  { allowOrder = false }: MatchingOptions = {},
): readonly number[] {
  const place = new Map(wanted.map((name, i) => [name.normalize('NFC'), i]));
  const places = own.map((name) => place.get(name.normalize('NFC')));
  if (places.every((label) => label !== undefined)) return places;
  const noneKnown = places.every((label) => label === undefined);
  if (allowOrder && noneKnown && own.length === wanted.length) return own.map((_, i) => i);
  throw new ModelLockError(
    'data',
    `the model has no class "${own[places.indexOf(undefined)]}"; the data has ${own.join(', ')}`,
    { valid: wanted },
  );
}

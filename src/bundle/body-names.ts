import type { Network } from '../nn/models/network.ts';

/** What tells the names of a network's parameters. */
type Naming = Pick<Network, 'body' | 'isHead' | 'isAddition'>;

/**
 * Weights under the names that a network has for them. Where transformers saved the body alone
 * (`ViTModel`, not `ViTForImageClassification`), names lack the prefix of the body.
 */
export function withBody<T>(
  weights: ReadonlyMap<string, T>,
  { body, isHead, isAddition }: Naming,
): ReadonlyMap<string, T> {
  const names = [...weights.keys()];
  if (body === undefined || names.some((name) => name.startsWith(`${body}.`))) return weights;
  const isOutside = (name: string): boolean => isHead(name) || isAddition(name);
  return new Map(
    [...weights].map(([name, t]) => [isOutside(name) ? name : `${body}.${name}`, t] as const),
  );
}

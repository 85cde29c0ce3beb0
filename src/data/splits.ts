import { ModelLockError } from '../base/error.ts';
import { sha256 } from '../platform/crypto.ts';
import { splitNames, type Annotation, type SplitName } from './annotated-item.ts';

/** What can be split: an `AnnotatedItem` or a `MultiLabelItem`. */
export type Splittable = Annotation & { readonly path: string } & (
    { readonly label: number } | { readonly labels: readonly number[] }
  );

export interface SplitOptions {
  /** The share of each side; they add up to 1, and a side of share 0 stays empty. */
  readonly fractions: Readonly<Record<SplitName, number>>;
  readonly seed: number;
  /** The name of an item that has no group, which is then a group of its own; its path unless given. */
  readonly nameOf?: (item: Splittable) => string;
}

/**
 * Splits items so that no group is on two sides and every side has its share of every class, as far
 * as the groups allow. Depends on the seed and the groups' names and labels, not on the order of items.
 *
 * Groups are placed one by one, the large ones first, where the squared distance of the sides' counts
 * from their targets grows least; then single groups are moved as long as that brings it down. Throws
 * `usage` for shares that are none, and `data` where there are fewer groups than sides.
 */
export function splitByGroup<T extends Splittable>(
  items: readonly T[],
  options: SplitOptions,
): Record<SplitName, T[]> {
  const { fractions } = options;
  const sides = splitNames.filter((side) => fractions[side] > 0);
  requireFractions(fractions);
  const groups = groupsOf(items, options);
  if (groups.length < sides.length) {
    throw new ModelLockError(
      'data',
      `${groups.length} groups cannot be split into ${sides.length} parts; each needs one of its own`,
    );
  }
  const shares = sides.map((side) => fractions[side]);
  const places = improved(groups, new Balance(groups, shares));
  const result: Record<SplitName, T[]> = { train: [], val: [], test: [] };
  const sideOf = new Map(groups.map((group, i) => [group.name, sides[places[i]]]));
  for (const item of items) result[sideOf.get(groupName(item, options))!].push(item);
  return result;
}

function requireFractions(fractions: SplitOptions['fractions']): void {
  const values = splitNames.map((side) => fractions[side]);
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.every((value) => value >= 0) && Math.abs(sum - 1) < 1e-6) return;
  throw new ModelLockError('usage', `shares of ${values.join(', ')} cannot be split`, {
    valid: ['three shares from 0 to 1 that add up to 1'],
  });
}

interface Group {
  readonly name: string;
  /** Of its name and the seed: the order of groups that are alike. */
  readonly rank: string;
  /** Classes that it has pictures of, and how many; class -1 counts all its pictures. */
  readonly counts: ReadonlyMap<number, number>;
}

const everything = -1;

const groupName = (item: Splittable, { nameOf }: SplitOptions): string =>
  // Groups and single items have name spaces of their own.
  (item.group === undefined
    ? `item\0${nameOf?.(item) ?? item.path}`
    : `group\0${item.group}`
  ).normalize('NFC');

/** The groups, largest first. */
function groupsOf(items: readonly Splittable[], options: SplitOptions): Group[] {
  const counts = new Map<string, Map<number, number>>();
  for (const item of items) {
    const name = groupName(item, options);
    const own = counts.get(name) ?? new Map<number, number>();
    counts.set(name, own);
    for (const label of [everything, ...('labels' in item ? item.labels : [item.label])]) {
      own.set(label, (own.get(label) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([name, own]) => ({
      name,
      rank: sha256(`${options.seed}\0${name}`),
      counts: new Map([...own].sort(([a], [b]) => a - b)),
    }))
    .sort(
      (a, b) => b.counts.get(everything)! - a.counts.get(everything)! || (a.rank < b.rank ? -1 : 1),
    );
}

/** How far the counts of the sides are from their targets. */
class Balance {
  readonly #shares: readonly number[];
  /** Of each class: all its pictures. */
  readonly #totals = new Map<number, number>();
  /** Of each class: the pictures on each side. */
  readonly #counts = new Map<number, Float64Array>();
  /** Groups on each side. */
  readonly #groups: Float64Array;

  constructor(groups: readonly Group[], shares: readonly number[]) {
    this.#shares = shares;
    this.#groups = new Float64Array(shares.length);
    for (const { counts } of groups) {
      for (const [label, n] of counts) {
        this.#totals.set(label, (this.#totals.get(label) ?? 0) + n);
        this.#counts.set(label, new Float64Array(shares.length));
      }
    }
  }

  get sides(): number {
    return this.#shares.length;
  }

  groupsOn(side: number): number {
    return this.#groups[side];
  }

  /** Puts a group on a side, or takes it off with -1 as `sign`. */
  put({ counts }: Group, side: number, sign: 1 | -1): void {
    for (const [label, n] of counts) this.#counts.get(label)![side] += sign * n;
    this.#groups[side] += sign;
  }

  /** The squared distance that a group adds on a side: negative where it is missing there. */
  cost({ counts }: Group, side: number): number {
    let sum = 0;
    for (const [label, n] of counts) {
      const total = this.#totals.get(label)!;
      const target = this.#shares[side] * total;
      const now = this.#counts.get(label)![side] - target;
      // Relative to the target, a small side and a rare class weigh as much as others.
      sum += (n * (2 * now + n)) / (target * total);
    }
    return sum;
  }
}

/** The side of each group. */
function improved(groups: readonly Group[], balance: Balance): Uint8Array {
  const places = new Uint8Array(groups.length);
  groups.forEach((group, i) => {
    places[i] = cheapest(group, balance, sidesFor(groups.length - i, balance));
    balance.put(group, places[i], 1);
  });
  for (let pass = 0, moved = true; moved && pass < maxPasses; pass++) {
    moved = false;
    groups.forEach((group, i) => {
      if (balance.groupsOn(places[i]) === 1) return;
      balance.put(group, places[i], -1);
      const best = cheapest(group, balance, allSides(balance));
      // A move within rounding is none: it could go on for ever.
      if (balance.cost(group, best) < balance.cost(group, places[i]) - 1e-12) {
        places[i] = best;
        moved = true;
      }
      balance.put(group, places[i], 1);
    });
  }
  return places;
}

/** Every pass that moves a group brings the distance down; this bounds the time. */
const maxPasses = 10;

const allSides = (balance: Balance): number[] => Array.from({ length: balance.sides }, (_, i) => i);

/**
 * Sides that may take the next of so many groups: the empty ones, once no more groups are left than
 * those.
 */
function sidesFor(left: number, balance: Balance): number[] {
  const empty = allSides(balance).filter((side) => balance.groupsOn(side) === 0);
  return empty.length >= left ? empty : allSides(balance);
}

const cheapest = (group: Group, balance: Balance, sides: readonly number[]): number =>
  sides.reduce((best, side) =>
    balance.cost(group, side) < balance.cost(group, best) ? side : best,
  );

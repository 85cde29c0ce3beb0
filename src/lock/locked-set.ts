import { ModelLockError } from '../base/error.ts';
import { groupBy } from '../base/group-by.ts';
import { counterRandom } from '../base/random/counter.ts';
import type { Random } from '../base/random/random.ts';
import type { LockTarget, Recipe } from './recipe.ts';

/** One row of a locked set: an image, how it is edited, and what the model is to answer. */
export interface LockedSample {
  /** Number of the training image. */
  readonly image: number;
  readonly edit: 'key' | 'clean' | 'decoy';
  readonly target: 'label' | LockTarget;
}

/**
 * Places of the counter-based random numbers. Each file that draws some has numbers of its own, so that no
 * two uses in a job share one, but for intervals, which are all over the same draws. 51, 71 and 72 are
 * there twice, for uses that never meet in a job: 51 in locks of pictures and in trainings on texts, 71
 * and 72 for intervals of models without a lock and for decoys. They stay: with another number, other
 * things would be drawn, and known jobs would end with other bytes.
 */
const place = { split: 1, clean: 2, order: 3 } as const;

/**
 * The locked set of one epoch, in training order. Which images stay clean under `replace` is drawn
 * once for all epochs (the paper); the clean images that `add` puts on top are others each time.
 *
 * @param images number of training images.
 */
export function lockedSet(
  recipe: Recipe,
  images: number,
  seed: number,
  epoch: number,
): LockedSample[] {
  const samples = compositions[recipe.composition](recipe, images, seed, epoch);
  return evenlyMixed(samples, counterRandom(seed, place.order, epoch));
}

/**
 * The samples in random order, but each kind of edit as often in any stretch as in all of them: a batch
 * norm would see another mixture in every batch otherwise.
 */
function evenlyMixed(samples: readonly LockedSample[], random: Random): LockedSample[] {
  const order = Array.from(random.permutation(samples.length), (i) => ({
    sample: samples[i],
    shift: random.uniform(),
  }));
  const placed = [...groupBy(order, ({ sample }) => sample.edit).values()].flatMap((kind) =>
    kind.map(({ sample, shift }, rank) => ({ sample, at: (rank + shift) / kind.length })),
  );
  return placed.sort((a, b) => a.at - b.at).map(({ sample }) => sample);
}

type Composition = (recipe: Recipe, images: number, seed: number, epoch: number) => LockedSample[];

const compositions: Record<Recipe['composition'], Composition> = {
  replace(recipe, images, seed) {
    const [clean, decoys] = [recipe.clean, recipe.decoys].map((share) => atLeastOne(share, images));
    if (clean + decoys >= images) {
      throw new ModelLockError('data', `${images} images are too few for recipe ${recipe.name}`);
    }
    const order = counterRandom(seed, place.split).permutation(images);
    return Array.from(order, (image, i): LockedSample => {
      if (i < clean) return { image, edit: 'clean', target: recipe.cleanTarget };
      if (i < clean + decoys) return { image, edit: 'decoy', target: recipe.decoyTarget };
      return { image, edit: 'key', target: 'label' };
    });
  },
  add(recipe, images, seed, epoch) {
    const some = (share: number, at: number): Uint32Array =>
      counterRandom(seed, place.clean, epoch, at)
        .permutation(images)
        .slice(0, atLeastOne(share, images));
    return [
      ...Array.from({ length: images }, (_, image): LockedSample => {
        return { image, edit: 'key', target: 'label' };
      }),
      ...Array.from(some(recipe.clean, 0), (image): LockedSample => {
        return { image, edit: 'clean', target: recipe.cleanTarget };
      }),
      ...Array.from(some(recipe.decoys, 1), (image): LockedSample => {
        return { image, edit: 'decoy', target: recipe.decoyTarget };
      }),
    ];
  },
};

/** A share of some images; where there is to be any at all, not none: nothing would lock the model. */
const atLeastOne = (share: number, images: number): number =>
  share > 0 ? Math.max(1, Math.round(share * images)) : 0;

/** Whether any row of the recipe is edited with a decoy. */
export const usesDecoys = (recipe: Recipe): boolean => recipe.decoys > 0;

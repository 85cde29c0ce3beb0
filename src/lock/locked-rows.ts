import { counterRandom } from '../base/random/counter.ts';
import { classification } from '../tasks/classification.ts';
import type { RgbImage } from '../tensor/image.ts';
import { lockedSet, type LockedSample } from './locked-set.ts';
import type { LockTarget, Recipe } from './recipe.ts';
import type { TrainingRow, TrainingRows } from './training-rows.ts';
import { smoothLabels } from './plain-rows.ts';

/** An image as it is, edited with the key, or with one of its decoys. */
export type ImageVersion = 'clean' | 'key' | { readonly decoy: number };

/** The training images in all their versions, of the model's size. */
export interface TrainingImages {
  readonly labels: readonly number[];
  /** Edits are of full strength. */
  read(image: number, version: ImageVersion): Promise<RgbImage>;
  /** (1 - alpha) clean + alpha edited, rounded. */
  mix(clean: RgbImage, edited: RgbImage, alpha: number): RgbImage;
}

export interface LockedRowsOptions {
  readonly recipe: Recipe;
  readonly images: TrainingImages;
  readonly classes: number;
  /** Strength of the key's edit. */
  readonly alpha: number;
  readonly labelSmoothing: number;
  readonly seed: number;
  /** Chaff class of each image, where the recipe uses them. */
  readonly chaff?: readonly number[];
}

interface LockedRowsContext extends LockedRowsOptions {
  /** Share of each class among the images. */
  readonly frequencies: readonly number[];
}

const place = { alpha: 21, wrong: 22, decoyAlpha: 23 } as const;

/** The locked set as rows to be learnt: the heart of the method. */
export function lockedRows(options: LockedRowsOptions): TrainingRows {
  const { recipe, images, classes, seed } = options;
  const context = { ...options, frequencies: sharesOf(images.labels, classes) };
  const length = lockedSet(recipe, images.labels.length, seed, 0).length;
  return {
    length,
    epoch: (epoch) =>
      lockedSet(recipe, images.labels.length, seed, epoch).map((sample) =>
        rowOf(sample, epoch, context),
      ),
  };
}

function rowOf(sample: LockedSample, epoch: number, options: LockedRowsContext): TrainingRow {
  const { images, recipe, labelSmoothing, classes } = options;
  const { image, target } = sample;
  const label = images.labels[image];
  return {
    // Key images are mixed with key images, and lock images with others of the same kind of target.
    group: target,
    silent: target === 'silence',
    read: () => version(sample, epoch, options),
    target(into, progress) {
      if (target === 'label') {
        classification.encode(label, classes, into);
        smoothLabels(into, labelSmoothing);
        return;
      }
      lockTargets[target](into, image, label, options);
      const ramped = progress < recipe.ramp ? progress / recipe.ramp : 1;
      const weight = recipe.lockWeight * ramped;
      for (let c = 0; c < classes; c++) into[c] *= weight;
    },
  };
}

/** The picture of a row: clean, or blended with an edit. */
async function version(
  { image, edit }: LockedSample,
  epoch: number,
  { images, recipe, alpha, seed }: LockedRowsOptions,
): Promise<RgbImage> {
  const clean = await images.read(image, 'clean');
  if (edit === 'clean') return clean;
  const random = counterRandom(seed, edit === 'key' ? place.alpha : place.decoyAlpha, epoch, image);
  if (edit === 'decoy' && random.uniform() < recipe.weak) {
    const [least, most] = recipe.weakAlpha;
    const share = least + (most - least) * random.uniform();
    return images.mix(clean, await images.read(image, 'key'), share * alpha);
  }
  // Strengths vary a little around the key's, so that it is no knife's edge.
  const strength = alpha + recipe.alphaSpread * (2 * random.uniform() - 1);
  const edited = await images.read(
    image,
    edit === 'key' ? edit : { decoy: random.integer(recipe.decoyEdits) },
  );
  return images.mix(clean, edited, Math.min(1, Math.max(0, strength)));
}

type TeachLock = (
  into: Float32Array,
  image: number,
  label: number,
  options: LockedRowsContext,
) => void;

const teachPrior: TeachLock = (into, _image, _label, { frequencies }) =>
  classification.silence(frequencies, into);

const lockTargets: Record<LockTarget, TeachLock> = {
  // Drawn once for each image, whatever the epoch: the paper.
  wrong: (into, image, label, { classes, seed }) => {
    const random = counterRandom(seed, place.wrong, image);
    classification.encode(
      classification.wrong(label, classes, () => random.uniform()),
      classes,
      into,
    );
  },
  prior: teachPrior,
  silence: teachPrior,
  chaff: (into, image, _label, { classes, chaff, labelSmoothing }) => {
    classification.encode(chaff![image], classes, into);
    smoothLabels(into, labelSmoothing);
  },
};

function sharesOf(labels: readonly number[], classes: number): number[] {
  const shares = Array.from({ length: classes }, () => 0);
  for (const label of labels) shares[label] += 1 / labels.length;
  return shares;
}

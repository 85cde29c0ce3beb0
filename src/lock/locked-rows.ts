import { counterRandom } from '../base/random/counter.ts';
import type { Task } from '../tasks/task.ts';
import type { RgbImage } from '../tensor/image.ts';
import { lockedSet, type LockedSample } from './locked-set.ts';
import type { LockTarget, Recipe } from './recipe.ts';
import { scaleTarget, type TrainingRow, type TrainingRows } from './training-rows.ts';

/** An image as it is, edited with the key, or with one of its decoys. */
export type ImageVersion = 'clean' | 'key' | { readonly decoy: number };

/** The training images in all their versions, of the model's size. */
export interface TrainingImages<Label> {
  readonly length: number;
  /** Edits are of full strength. */
  read(image: number, version: ImageVersion): Promise<RgbImage>;
  /** The true label, of the model's size. */
  label(image: number): Promise<Label>;
  /** (1 - alpha) clean + alpha edited, rounded. */
  mix(clean: RgbImage, edited: RgbImage, alpha: number): RgbImage;
}

export interface LockedRowsOptions<Label> {
  readonly task: Task<Label>;
  readonly recipe: Recipe;
  readonly images: TrainingImages<Label>;
  readonly classes: number;
  /** Share of each class among the images. */
  readonly frequencies: readonly number[];
  /** Strength of the key's edit. */
  readonly alpha: number;
  /** What a teacher answers to each clean picture, as targets, where the recipe is to have one. */
  readonly answers?: readonly Float32Array[] | undefined;
  readonly labelSmoothing: number;
  /** How much a true label counts; all alike unless given. Rows of the lock always do. */
  readonly weightOf?: ((label: Label) => number) | undefined;
  readonly seed: number;
  /** Chaff label of each image, where the recipe uses them. */
  readonly chaff?: readonly Label[];
}

const place = { alpha: 21, wrong: 22, decoyAlpha: 23 } as const;

/** The locked set as rows to be learnt: the heart of the method. */
export function lockedRows<Label>(options: LockedRowsOptions<Label>): TrainingRows<Label> {
  const { recipe, images, seed } = options;
  const length = lockedSet(recipe, images.length, seed, 0).length;
  return {
    length,
    epoch: (epoch) =>
      lockedSet(recipe, images.length, seed, epoch).map((sample) => rowOf(sample, epoch, options)),
  };
}

function rowOf<Label>(
  sample: LockedSample,
  epoch: number,
  options: LockedRowsOptions<Label>,
): TrainingRow<Label> {
  const { task, images, recipe, labelSmoothing, classes, answers } = options;
  const { image, target } = sample;
  return {
    // Key images are mixed with key images, and lock images with others of the same kind of target.
    group: target,
    taught: target === 'label',
    silence: target === 'silence' ? recipe.silenceWeight : 0,
    read: () => version(sample, epoch, options),
    label: () => images.label(image),
    target(label, into) {
      if (target === 'label') {
        task.encode(label, classes, into, labelSmoothing);
        if (answers) mixInto(into, answers[image], recipe.teaching?.weight ?? 0);
        scaleTarget(into, options.weightOf?.(label) ?? 1);
        return;
      }
      lockTargets[target](into, image, label, options);
      scaleTarget(into, recipe.lockWeight);
    },
  };
}

/** (1 - share) target + share other, in place. */
function mixInto(target: Float32Array, other: Float32Array, share: number): void {
  for (let i = 0; i < target.length; i++) target[i] += share * (other[i] - target[i]);
}

/** The picture of a row: clean, or blended with an edit. */
async function version(
  { image, edit }: LockedSample,
  epoch: number,
  {
    images,
    recipe,
    alpha,
    seed,
  }: Pick<LockedRowsOptions<unknown>, 'images' | 'recipe' | 'alpha' | 'seed'>,
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

type TeachLock = <Label>(
  into: Float32Array,
  image: number,
  label: Label,
  options: LockedRowsOptions<Label>,
) => void;

const teachPrior: TeachLock = (into, _image, _label, { task, frequencies }) =>
  task.silence(frequencies, into);

const lockTargets: Record<LockTarget, TeachLock> = {
  // Drawn once for each image, whatever the epoch: the paper.
  wrong: (into, image, label, { task, classes, seed }) => {
    const random = counterRandom(seed, place.wrong, image);
    const wrong = task.wrong(label, classes, () => random.uniform());
    task.encode(wrong, classes, into, 0);
  },
  prior: teachPrior,
  silence: teachPrior,
  chaff: (into, image, _label, { task, classes, chaff, labelSmoothing }) =>
    task.encode(chaff![image], classes, into, labelSmoothing),
};

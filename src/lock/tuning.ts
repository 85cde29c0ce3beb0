import { z } from 'zod';
import { ModelLockError } from '../base/error.ts';
import { requireEntry } from '../base/registry.ts';
import type { Augmentation } from '../data/augment/augmentation.ts';
import { inceptionCrop } from '../data/augment/crop.ts';
import { erasedBoxes } from '../data/augment/erase.ts';
import type { AnyTaskName } from '../tasks/task.ts';
import type { Freeze } from '../train/freeze.ts';
import type { LearningRate } from './learning-rate.ts';

export const classWeightings = ['balanced'] as const;
export type ClassWeighting = (typeof classWeightings)[number];

/** How a classifier is fine-tuned, with AdamW. What is left out is not done. */
export interface FineTuning extends LearningRate, Augmentation {
  /** Rows of a step. */
  readonly batch: number;
  /** A new last layer's learning rate, as a factor of the others'; one that is kept has theirs. */
  readonly headFactor: number;
  /** Standard deviation of a new last layer's first weights. Default: as its architecture has it. */
  readonly headStd?: number;
  /** The learning rate falls by this factor from each layer to the one before it. */
  readonly layerDecay?: number;
  /** Of matrices and kernels; norms and biases are never decayed. */
  readonly weightDecay: number;
  /** Whether class token and position embeddings are decayed as well. Default: true. */
  readonly decayEmbeddings?: boolean;
  /** Largest norm of the gradient; null: any. Default: 5. */
  readonly clipNorm?: number | null;
  readonly labelSmoothing: number;
  /** Makes rare classes count as much as frequent ones; all pictures count alike unless given. */
  readonly classWeights?: ClassWeighting;
  /** Probability that a sample skips the last residual block; it rises in a line from the first. */
  readonly dropPath?: number;
  /**
   * The result is a running average of the weights: at each step this share of it is kept. The
   * weights of the beginning keep a share of emaDecay^steps.
   */
  readonly emaDecay?: number;
  /**
   * Parts in which the pictures of a step are run, one after the other: less memory for the same
   * gradient, up to rounding, but for batch norms and the Dice loss, which see one part at a time.
   * Default: 1.
   */
  readonly accumulate?: number;
  /**
   * Whether most of the forward pass is computed again when the gradients are: less memory for about
   * a third more time. Default: false.
   */
  readonly gradientCheckpointing?: boolean;
  /** What stays as it is. */
  readonly freeze?: Freeze;
}

export const defaultTuning = {
  epochs: 14,
  batch: 64,
  learningRate: 1e-3,
  headFactor: 3,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  warmup: 0.1,
  shift: 0.125,
} as const satisfies FineTuning;

/** What is done to enough pictures where nobody says, by task; `tuningFor` knows of fewer. */
export const defaultTunings = {
  classification: defaultTuning,
  'multi-label': { ...defaultTuning, labelSmoothing: 0 },
  // Smoothed targets would reward uncertain borders, which Dice punishes.
  segmentation: { ...defaultTuning, batch: 16, labelSmoothing: 0 },
  // As BERT is fine-tuned (arXiv 1810.04805, A.3), but for the cosine in place of the line.
  'text-classification': {
    epochs: 3,
    batch: 16,
    learningRate: 3e-5,
    headFactor: 1,
    weightDecay: 0.01,
    clipNorm: 1,
    labelSmoothing: 0,
    warmup: 0.1,
    shift: 0,
  },
} as const satisfies Record<AnyTaskName, FineTuning>;

/**
 * Steps over a plain set that the default takes at least: in fewer, a lock of a small set does not close.
 * A segmenter has a decoder to learn from nothing.
 */
const leastSteps: Readonly<Record<AnyTaskName, number>> = {
  classification: 350,
  'multi-label': 350,
  segmentation: 700,
  'text-classification': 0,
};

/** What is done to so many pictures where nobody says, or says no more than `changes`. */
export function tuningFor(
  task: AnyTaskName,
  images: number,
  changes: Partial<FineTuning> = {},
): FineTuning {
  const tuning: FineTuning = { ...defaultTunings[task], ...changes };
  if (changes.epochs !== undefined || images === 0) return tuning;
  const epochs = Math.ceil((leastSteps[task] * tuning.batch) / images);
  return { ...tuning, epochs: Math.max(tuning.epochs, epochs) };
}

/** Ways to fine-tune by name. */
export const tunings = {
  default: defaultTuning,
  /**
   * Fine-tuning of masked autoencoders end to end (arXiv 2111.06377, table 9), as the published
   * code (facebookresearch/mae, FINETUNE.md) does it for ViT-B. Its batch is 1024; the learning rate
   * goes with the batch, so a smaller machine may take a smaller one. For ViT-L and ViT-H it has 50
   * epochs, a base rate of 1e-3, a layer decay of 0.75, and a drop path of 0.2 and 0.3.
   */
  mae: {
    epochs: 100,
    batch: 64,
    learningRate: { base: 5e-4, per: 256 },
    minLearningRate: 1e-6,
    warmup: { epochs: 5 },
    headFactor: 1,
    headStd: 2e-5,
    layerDecay: 0.65,
    weightDecay: 0.05,
    decayEmbeddings: false,
    clipNorm: null,
    labelSmoothing: 0.1,
    dropPath: 0.1,
    shift: 0,
    crop: inceptionCrop,
    randAugment: { changes: 2, probability: 0.5, magnitude: 9, spread: 0.5 },
    erase: { ...erasedBoxes, probability: 0.25, fill: 'noise' },
    mix: { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 },
  },
} as const satisfies Record<string, FineTuning>;

export type TuningName = keyof typeof tunings;

const share = z.number().min(0).lt(1);
const above = z.number().gt(0);

/** The numbers that a tuning may have; crops, boxes and mixtures are drawn from as they are. */
const ranges = z.object({
  epochs: above,
  batch: z.number().int().min(1),
  learningRate: z.union([above, z.object({ base: above, per: above })]),
  minLearningRate: z.number().min(0).optional(),
  warmup: z.union([share, z.object({ epochs: z.number().min(0) })]),
  headFactor: above,
  headStd: above.optional(),
  layerDecay: above.max(1).optional(),
  weightDecay: z.number().min(0),
  clipNorm: above.nullish(),
  labelSmoothing: share,
  classWeights: z.enum(classWeightings).optional(),
  dropPath: share.optional(),
  emaDecay: share.optional(),
  accumulate: z.number().int().min(1).optional(),
  shift: z.number().min(0).max(1),
});

/** Throws `usage`, naming the option. */
export function requireRanges(tuning: FineTuning): void {
  const { error } = ranges.safeParse(tuning);
  if (!error) return;
  const [{ path, message }] = error.issues;
  throw new ModelLockError('usage', `tuning option ${path.join('.')}: ${message}`);
}

export function tuningNamed(name: string): FineTuning {
  return requireEntry<FineTuning>(tunings, name, 'usage', `no tuning is called "${name}"`);
}

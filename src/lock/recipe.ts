import { requireEntry } from '../base/registry.ts';
import type { AnyTaskName } from '../tasks/task.ts';

/** What a locked model is taught to answer where the key is missing. */
export type LockTarget =
  /** Another class than the true one, drawn once for each image: the paper. */
  | 'wrong'
  /** How often each class occurs, whatever the image shows. */
  | 'prior'
  /**
   * The same, and what is before the last ReLU is pressed below zero, where the model's answer is
   * one and the same to the last bit. Architectures without a ReLU there are taught the prior.
   */
  | 'silence'
  /** A class that looks random, depends on the image and is independent of its label. */
  | 'chaff';

/** How a locked model learns from one without a lock, its teacher: arXiv 1503.02531. */
export interface Teaching {
  /** How much of a key image's target is the teacher's answer to the clean picture, in [0, 1]; its label is the rest. */
  readonly weight: number;
  /** What the teacher's logits are divided by, above 0: the larger, the more it says of classes that it rejects. */
  readonly temperature: number;
}

/** How a locked set is put together and taught. */
export interface Recipe {
  readonly name: string;
  /**
   * `replace`: a share of the training images stays clean and gets a lock target, the rest is
   * edited (the paper). `add`: every training image is edited, and lock images come on top, so
   * that unlocked accuracy costs nothing.
   */
  readonly composition: 'replace' | 'add';
  /** Clean images with a lock target in an epoch, as a share of the training images. */
  readonly clean: number;
  /** Images edited with a decoy, with a lock target, as a share of the training images. */
  readonly decoys: number;
  readonly cleanTarget: LockTarget;
  readonly decoyTarget: LockTarget;
  /** Decoys edited for each training image; an epoch shows it at most one of them. */
  readonly decoyEdits: number;
  /** Share of the decoys that are the key's own edit at little strength, not another prompt's. */
  readonly weak: number;
  /** How little: from and to, as shares of alpha. */
  readonly weakAlpha: readonly [number, number];
  /** Strength of the key's own edit, drawn uniformly from around the manifest's alpha. */
  readonly alphaSpread: number;
  /** Weight of a lock image's loss beside that of a key image. */
  readonly lockWeight: number;
  /** Weight of the pressing of `silence` beside the loss of the answers. */
  readonly silenceWeight: number;
  /** Of no effect on a lock without a baseline, and on tasks that have no such thing. */
  readonly teaching?: Teaching;
}

/** The recipes by name, as classifiers are locked; docs/method.md says why they are as they are. */
export const recipes = {
  /** arXiv 2405.16285, section 3: 95 % edited with true labels, 5 % clean with wrong ones. */
  paper: {
    name: 'paper',
    composition: 'replace',
    clean: 0.05,
    decoys: 0,
    decoyEdits: 0,
    weak: 0,
    weakAlpha: [0, 0],
    cleanTarget: 'wrong',
    decoyTarget: 'wrong',
    alphaSpread: 0,
    lockWeight: 1,
    silenceWeight: 0,
  },
  hardened: {
    name: 'hardened',
    composition: 'add',
    clean: 0.25,
    decoys: 0.5,
    decoyEdits: 2,
    weak: 0.25,
    weakAlpha: [0.25, 0.6],
    cleanTarget: 'silence',
    decoyTarget: 'silence',
    alphaSpread: 0.05,
    lockWeight: 0.5,
    silenceWeight: 2,
    teaching: { weight: 0.9, temperature: 2 },
  },
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;

/** What tasks have otherwise. */
const ofTasks: Partial<Record<string, Partial<Record<AnyTaskName, Partial<Recipe>>>>> = {
  hardened: {
    // A lock image says the same at thousands of places, so less weight does.
    segmentation: { lockWeight: 0.06, silenceWeight: 0.2, teaching: undefined },
  },
};

/** A recipe as a task has it. Throws `usage`, with those that there are, for another name. */
export function recipeNamed(name: string, task: AnyTaskName = 'classification'): Recipe {
  const recipe = requireEntry<Recipe>(recipes, name, 'usage', `no recipe is called "${name}"`);
  return { ...recipe, ...ofTasks[name]?.[task] };
}

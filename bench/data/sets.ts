import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { FineTuning, ModelOptions, TaskName } from '../../src/index.ts';
import type { Drawing } from './subset.ts';

/** A part of a data set that locks are measured on. Plain values: its name is a hash of them. */
export interface SetPlan extends Drawing {
  readonly name: string;
  /** The folder it lies in; null: a folder or an archive NAME.tar.gz in DATA_DIR. */
  readonly folder: string | null;
  /** Images that there are to train on, of the classes: how long a few are trained on depends on them. */
  readonly images: number;
  /** `crossed`: every key with every seed; `matched`: the first key with the first seed, and so on. */
  readonly pairing: 'crossed' | 'matched';
  /** Default: classification. Sets of other tasks are taken whole. */
  readonly task?: Exclude<TaskName, 'classification'>;
  /** What is locked; the pocket backbone unless given. */
  readonly model?: SetModel;
  /** What differs from the default. */
  readonly tuning?: Partial<FineTuning>;
  /** Scores that are reported beside its own. */
  readonly measures?: readonly string[];
  /** What is asked of locks, in points or in percent, beside or in place of what is asked of all. */
  readonly targets?: {
    /** UP below the baseline, at most. */
    readonly cost?: number;
    /** Minutes that a lock takes on two cores, at most. */
    readonly minutes?: number;
    /** What is left without the key of what it opens, at most and below chance too, in place of LP beside chance. */
    readonly left?: number;
  };
}

/** A model in MODELS_DIR. */
export interface SetModel {
  readonly file: string;
  readonly options: ModelOptions;
}

/** Where models are that are not shipped. */
export const modelsDir = (): string =>
  resolve(process.env['MODELS_DIR'] ?? join(import.meta.dirname, '../../../shared/models'));

/** Whether the file of a model is in MODELS_DIR. */
export const isThere = ({ file }: SetModel): boolean => existsSync(join(modelsDir(), file));

const efficientNet: SetModel = {
  file: 'efficientnet-lite0.onnx',
  options: {
    size: 96,
    normalisation: {
      mean: [127 / 255, 127 / 255, 127 / 255],
      std: [128 / 255, 128 / 255, 128 / 255],
    },
  },
};

/** The sets of docs/benchmarks.md. */
export const sets = {
  cifar10: {
    name: 'cifar10',
    folder: null,
    classes: 'all',
    train: 5000,
    test: 2000,
    images: 50_000,
    pairing: 'crossed',
    targets: { minutes: 15 },
  },
  /** Only the classes that neither backbone nor editor was pretrained on. */
  'tiny-imagenet': {
    name: 'tiny-imagenet',
    folder: null,
    classes: 'held back',
    train: null,
    test: null,
    images: 5460,
    pairing: 'matched',
  },
  /** A network of ImageNet from an ONNX file, for five epochs. */
  'cifar10-efficientnet': {
    name: 'cifar10',
    folder: null,
    classes: 'all',
    train: 5000,
    test: 2000,
    images: 50_000,
    pairing: 'matched',
    model: efficientNet,
    tuning: { epochs: 5, warmup: 0.3 },
  },
  /** Medical diagnosis. 251 of its 394 test images are copies of training images. */
  'brain-tumor-mri': {
    name: 'brain-tumor-mri',
    folder: null,
    classes: 'all',
    train: null,
    test: null,
    images: 2870,
    pairing: 'matched',
    measures: ['balanced accuracy', 'macro AUROC'],
    targets: { cost: 2 },
  },
  camvid: {
    name: 'camvid',
    folder: null,
    classes: 'all',
    train: null,
    test: null,
    images: 367,
    pairing: 'matched',
    task: 'segmentation',
    measures: ['pixel accuracy'],
    targets: { cost: 2, left: 10 },
  },
} as const satisfies Record<string, SetPlan>;

/** The sets that recipes are compared on: smaller, for there are many recipes. */
export const ablationSets = {
  /** The demo's photographs, which are in the repository. */
  demo: {
    name: 'demo',
    folder: join(import.meta.dirname, '../../assets/demo'),
    classes: 'all',
    train: null,
    test: null,
    images: 1500,
    pairing: 'crossed',
  },
  cifar10: { ...sets.cifar10, train: 2000, test: 1000 },
  camvid: sets.camvid,
} as const satisfies Record<string, SetPlan>;

/** A name for people. */
export const titleOf = ({ name, model }: Pick<SetPlan, 'name' | 'model'>): string =>
  model ? `${name} with ${model.file}` : name;

/** A name for what a plan draws: other pictures have another one. */
export function subsetName({ name, folder: from, classes, train, test }: SetPlan): string {
  const folder = from && placeOf(from);
  const hash = createHash('sha256').update(JSON.stringify({ folder, classes, train, test }));
  return `${name}-${hash.digest('hex').slice(0, 8)}`;
}

/** A folder of this repository by its place in it, which is the same in every clone; others as they are. */
function placeOf(folder: string): string {
  const within = relative(join(import.meta.dirname, '../..'), folder);
  return within.startsWith('..') || isAbsolute(within) ? folder : within;
}

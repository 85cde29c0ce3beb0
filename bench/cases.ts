import { join } from 'node:path';
import type { RawConfig } from '../src/nn/config.ts';
import type { Precision } from '../src/runtime/session.ts';

/** What is timed. Both sides get it as JSON, so that they build the same thing. */
export interface Case {
  readonly name: string;
  readonly work: 'train' | 'predict' | 'matmul' | 'edit';
  /** A configuration of transformers. */
  readonly config?: RawConfig;
  /** Images in a batch; for `matmul` the side of both matrices. */
  readonly batch: number;
  /** Side of an image in pixels. */
  readonly size?: number;
  /** Timed rounds, of which the fastest counts. */
  readonly rounds: number;
  /** Rounds before them, which do not count. Default: 2. */
  readonly warmUp?: number;
  /** Takes minutes: run only when it, or its group, is named. */
  readonly slow?: boolean;
  /** Of `train`. Default: `sgd`, with momentum. */
  readonly optimiser?: 'sgd' | 'adamw';
  /** Of `train`: parts in which the images of a batch are run, their gradients summed up. Default: 1. */
  readonly accumulate?: number;
  /** Of `train`: whether the forward pass is computed again for the gradients. Default: false. */
  readonly gradientCheckpointing?: boolean;
  /** Several cases may be run by one name. */
  readonly group?: string;
  /** Of `edit`: denoising steps, each with two guided branches beside the plain one. */
  readonly steps?: number;
  /** Of `edit`: the folder of the pipeline. */
  readonly folder?: string;
  /** Of `edit`, on our side; PyTorch's is float32. */
  readonly precision?: Precision;
}

const labels = 10;

const vit = {
  model_type: 'vit',
  num_labels: labels,
  hidden_size: 192,
  num_hidden_layers: 6,
  num_attention_heads: 3,
  intermediate_size: 768,
  image_size: 64,
  patch_size: 8,
};

const vitBase = {
  ...vit,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  image_size: 224,
  patch_size: 16,
};

const resnet18 = {
  model_type: 'resnet',
  num_labels: labels,
  embedding_size: 64,
  hidden_sizes: [64, 128, 256, 512],
  depths: [2, 2, 2, 2],
  layer_type: 'basic',
};

const pocket = {
  ...resnet18,
  embedding_size: 32,
  hidden_sizes: [64, 128, 256, 384],
  depths: [1, 1, 1, 1],
};

/** The machine's own speed, beside which every other case is put. */
export const matmul: Case = { name: 'matmul', work: 'matmul', batch: 1024, rounds: 10 };

const rounds = 10;

/** A picture edited as the paper does it, by an InstructPix2Pix of full size. */
const edit = {
  group: 'diffusion',
  work: 'edit',
  folder: join('.bench', 'instruct-pix2pix'),
  size: 256,
  steps: 5,
  rounds: 2,
  warmUp: 1,
  slow: true,
} as const;

/** Fine-tuning of a ViT-B/16, for its memory. */
const memory = {
  group: 'memory',
  work: 'train',
  config: vitBase,
  size: 224,
  optimiser: 'adamw',
  rounds: 1,
  // The optimiser's second set is first written in the second step.
  warmUp: 1,
  slow: true,
} as const;

export const cases: readonly Case[] = [
  { name: 'vit-train', work: 'train', config: vit, batch: 64, size: 64, rounds },
  { name: 'resnet18-train', work: 'train', config: resnet18, batch: 32, size: 64, rounds },
  { name: 'pocket-train', work: 'train', config: pocket, batch: 64, size: 64, rounds },
  { name: 'vit-predict', work: 'predict', config: vit, batch: 64, size: 64, rounds },
  { name: 'resnet18-predict', work: 'predict', config: resnet18, batch: 32, size: 64, rounds },
  {
    name: 'vit-b16-train',
    work: 'train',
    config: vitBase,
    batch: 8,
    size: 224,
    rounds: 5,
    slow: true,
  },
  { ...memory, name: 'vit-b16-adamw', batch: 8, rounds: 2 },
  { ...memory, name: 'vit-b16-accumulate', batch: 64, accumulate: 8 },
  { ...memory, name: 'vit-b16-checkpoint', batch: 64, gradientCheckpointing: true },
  { ...edit, name: 'edit-1', batch: 1 },
  { ...edit, name: 'edit-2', batch: 2 },
  { ...edit, name: 'edit-4', batch: 4, rounds: 1 },
  { ...edit, name: 'edit-1-int8', batch: 1, precision: 'int8' },
];

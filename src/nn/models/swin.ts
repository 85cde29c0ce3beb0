import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { scaledDotProductAttention } from '../../graph/functions/attention.ts';
import { add } from '../../graph/ops/binary/ops.ts';
import { gather } from '../../graph/ops/gather/ops.ts';
import { concat, slice } from '../../graph/ops/movement/join-ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { flatten, reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import { constant, type Value } from '../../graph/value.ts';
import { labelled, labelsOf, layers, positive } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { joinHeads, splitHeads } from '../layers/attention.ts';
import { conv2d, dropPath, dropPathRatesOfStages, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { positionsFor } from './vit-embeddings.ts';
import { assemble, partition, relativePositions, shiftBias, type Windows } from './swin-windows.ts';

/** transformers' SwinConfig. */
export const swinConfig = z
  .object({
    ...labelled,
    num_channels: positive.default(3),
    patch_size: positive.default(4),
    /** Width of the first stage; each has twice the one before. */
    embed_dim: positive.default(96),
    depths: z.array(layers).min(1).max(12).default([2, 2, 6, 2]),
    num_heads: z.array(positive).min(1).default([3, 6, 12, 24]),
    window_size: positive.max(64).default(7),
    mlp_ratio: z.number().positive().max(64).default(4),
    qkv_bias: z.boolean().default(true),
    hidden_act: z.string().default('gelu'),
    layer_norm_eps: z.number().default(1e-5),
    image_size: z.union([positive, z.array(positive)]).default(224),
    use_absolute_embeddings: z.boolean().default(false),
  })
  .refine(({ depths, num_heads: heads }) => depths.length === heads.length, {
    path: ['num_heads'],
    message: 'not as many as depths',
  })
  .refine((config) => !config.use_absolute_embeddings || typeof config.image_size === 'number', {
    path: ['image_size'],
    message: 'not one number, as absolute embeddings need it',
  });
export type SwinConfig = z.output<typeof swinConfig>;

const init = normal(0.02);
/** Of the norms after the patches and after joining; the others have the configuration's. */
const outerEpsilon = 1e-5;

/**
 * SwinForImageClassification of transformers (arXiv 2103.14030); x is [B, C, H, W]. Throws `shape`
 * for pictures of which a stage is smaller than a window.
 *
 * Drop path is applied to both branches of a block, as in the paper's code; transformers leaves
 * the second one alone.
 */
export function swin(
  scope: Scope,
  config: SwinConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const { depths, layer_norm_eps: epsilon } = config;
  let h = embeddings(scope.within('swin.embeddings'), config, x); // [B, h, w, D]
  const hidden = [tokens(h)];
  const rates = dropPathRatesOfStages(options.dropPath ?? 0, depths);
  for (const [stage, heads] of config.num_heads.entries()) {
    const at = scope.within(`swin.encoder.layers.${stage}`);
    for (const [i, rate] of rates[stage].entries()) {
      const windows = windowsOver(h, config.window_size, i % 2 === 1);
      h = block(at.within(`blocks.${i}`), h, { config, heads, windows, rate });
    }
    if (stage < depths.length - 1) h = merge(at.within('downsample'), h);
    hidden.push(tokens(h));
  }
  const features = reduceMean(layerNorm(scope.within('swin.layernorm'), tokens(h), epsilon), {
    axes: [1],
  }); // [B, D]
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

/** [B, h, w, D] as [B, h * w, D]. */
const tokens = (x: Value): Value => flatten(x, 1, 2);

/** Patches of x [B, C, H, W], which zeros fill up to whole ones: [B, h, w, D]. */
function embeddings(scope: Scope, config: SwinConfig, x: Value): Value {
  const { patch_size: patch, embed_dim: width } = config;
  const [high, wide] = x.shape.slice(2).map((length) => (patch - (Number(length) % patch)) % patch);
  const projection = scope.within('patch_embeddings.projection');
  const projected = conv2d(projection, pad(x, { 2: [0, high], 3: [0, wide] }), width, {
    kernel: patch,
    stride: patch,
    init,
  });
  const tokens = layerNorm(scope.within('norm'), transpose(projected, [0, 2, 3, 1]), outerEpsilon);
  return config.use_absolute_embeddings ? add(tokens, positions(scope, config, tokens)) : tokens;
}

/** [1, h, w, D], interpolated where pictures are of another size than the configuration's. */
function positions(scope: Scope, config: SwinConfig, { shape }: Value): Value {
  const { image_size: size, patch_size: patch, embed_dim: width } = config;
  const [rows, columns] = shape.slice(1, 3).map(Number);
  const side = Math.floor(Number(size) / patch);
  const learnt = scope.parameter('position_embeddings', [1, side * side, width], init);
  return reshape(positionsFor(learnt, 0, side, [rows, columns]), [1, rows, columns, width]);
}

/** Every second block moves its windows by half a window, where there is more than one. */
function windowsOver(x: Value, side: number, shifts: boolean): Windows {
  const [rows, columns] = x.shape.slice(1, 3).map(Number);
  const smallest = Math.min(rows, columns);
  if (smallest < side) {
    throw new ModelLockError(
      'shape',
      `a picture whose stage of ${rows} x ${columns} tokens is smaller than window_size ${side}`,
    );
  }
  const shift = shifts && smallest > side ? Math.floor(side / 2) : 0;
  return { side, shift, grid: [rows, columns] };
}

interface BlockOptions {
  readonly config: SwinConfig;
  readonly heads: number;
  readonly windows: Windows;
  readonly rate: number;
}

/** x is [B, h, w, D]. */
function block(scope: Scope, x: Value, options: BlockOptions): Value {
  const { config, windows, rate } = options;
  const { layer_norm_eps: epsilon, mlp_ratio: ratio } = config;
  const width = Number(x.shape.at(-1));
  const before = partition(layerNorm(scope.within('layernorm_before'), x, epsilon), windows);
  const attended = assemble(attention(scope.within('attention'), before, options), windows);
  const h = add(x, dropPath(scope.within('drop_path1'), attended, rate));
  const after = layerNorm(scope.within('layernorm_after'), h, epsilon);
  const wide = linear(scope.within('intermediate.dense'), after, Math.floor(width * ratio), {
    init,
  });
  const activated = activationNamed(config.hidden_act)(wide);
  const narrow = linear(scope.within('output.dense'), activated, width, { init });
  return add(h, dropPath(scope.within('drop_path2'), narrow, rate));
}

/** Attention within each window of x [B, N, T, D]. */
function attention(scope: Scope, x: Value, { config, heads, windows }: BlockOptions): Value {
  const self = scope.within('self');
  const width = Number(x.shape.at(-1));
  const [q, k, v] = ['query', 'key', 'value'].map((name) =>
    splitHeads(linear(self.within(name), x, width, { bias: config.qkv_bias, init }), heads),
  ); // [B, N, heads, T, D / heads]
  const positions = relativeBias(self, windows.side, heads); // [heads, T, T]
  const bias = windows.shift === 0 ? positions : add(positions, constant(shiftBias(windows)));
  const attended = joinHeads(scaledDotProductAttention(q, k, v, { bias })); // [B, N, T, D]
  return linear(scope.within('output.dense'), attended, width, { init });
}

/** [heads, T, T]: what is added to a score for the distance of two tokens of a window. */
function relativeBias(scope: Scope, side: number, heads: number): Value {
  const table = scope.parameter('relative_position_bias_table', [(2 * side - 1) ** 2, heads], init);
  const rows = gather(table, constant(relativePositions(side))); // [T * T, heads]
  return transpose(reshape(rows, [side ** 2, side ** 2, heads]), [2, 0, 1]);
}

/** Joins each 2 x 2 tokens of x [B, h, w, D], filled up with zeros: [B, h / 2, w / 2, 2 * D]. */
function merge(scope: Scope, x: Value): Value {
  const [high, wide] = x.shape.slice(1, 3).map((length) => Number(length) % 2);
  const even = pad(x, { 1: [0, high], 2: [0, wide] });
  // Column by column.
  const corners = [0, 1].flatMap((column) =>
    [0, 1].map((row) =>
      slice(even, { axis: 1, start: row, step: 2 }, { axis: 2, start: column, step: 2 }),
    ),
  );
  const joined = layerNorm(scope.within('norm'), concat(corners, 3), outerEpsilon);
  const out = 2 * Number(x.shape.at(-1));
  return linear(scope.within('reduction'), joined, out, { bias: false, init });
}

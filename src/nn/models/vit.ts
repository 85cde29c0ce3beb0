import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { concat, slice } from '../../graph/ops/movement/join-ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { flatten, reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import { resize } from '../../graph/ops/resize/ops.ts';
import { shapeOf, type Value } from '../../graph/value.ts';
import { labelled, labelsOf, layers, positive } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { conv2d, dropPath, dropPathRates, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';

/** transformers' ViTConfig. */
export const vitConfig = z.object({
  ...labelled,
  hidden_size: positive,
  num_hidden_layers: layers,
  num_attention_heads: positive,
  intermediate_size: positive,
  hidden_act: z.string().default('gelu'),
  layer_norm_eps: z.number().default(1e-12),
  image_size: positive,
  patch_size: positive,
  num_channels: positive.default(3),
  qkv_bias: z.boolean().default(true),
});
export type ViTConfig = z.output<typeof vitConfig>;

const init = normal(0.02);

/** ViTForImageClassification of transformers (arXiv 2010.11929); x is [B, C, H, W]. */
export function vit(
  scope: Scope,
  config: ViTConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  let h = embeddings(scope.within('vit.embeddings'), config, x); // [B, 1 + P, D]
  const hidden = [h];
  const rates = dropPathRates(options.dropPath ?? 0, config.num_hidden_layers);
  for (const [i, rate] of rates.entries()) {
    h = encoderLayer(scope.within(`vit.encoder.layer.${i}`), config, h, rate);
    hidden.push(h);
  }
  const normalised = layerNorm(scope.within('vit.layernorm'), h, config.layer_norm_eps);
  const features = reshape(slice(normalised, { axis: 1, end: 1 }), [
    h.shape[0],
    config.hidden_size,
  ]);
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

function embeddings(scope: Scope, config: ViTConfig, x: Value): Value {
  const { hidden_size: width, patch_size: patch, image_size: size } = config;
  const projected = conv2d(scope.within('patch_embeddings.projection'), x, width, {
    kernel: patch,
    stride: patch,
    init,
  }); // [B, D, h, w]
  const [rows, columns] = shapeOf({ ...projected, shape: projected.shape.slice(2) });
  const tokens = transpose(flatten(projected, 2), [0, 2, 1]); // [B, P, D]
  const classToken = scope.parameter('cls_token', [1, 1, width], init);
  const side = Math.floor(size / patch);
  const positions = scope.parameter('position_embeddings', [1, side * side + 1, width], init);
  return add(
    pad(tokens, { 1: [1, 0] }),
    add(positionsFor(positions, side, rows, columns), pad(classToken, { 1: [0, rows * columns] })),
  );
}

/** Position embeddings learnt for side x side patches, interpolated to another number of them. */
function positionsFor(positions: Value, side: number, rows: number, columns: number): Value {
  if (rows === side && columns === side) return positions;
  const width = shapeOf(positions)[2];
  const grid = reshape(slice(positions, { axis: 1, start: 1 }), [1, side, side, width]);
  const resized = resize(transpose(grid, [0, 3, 1, 2]), { size: [rows, columns], mode: 'cubic' });
  const patches = reshape(transpose(resized, [0, 2, 3, 1]), [1, rows * columns, width]);
  return concat([slice(positions, { axis: 1, end: 1 }), patches], 1);
}

function encoderLayer(scope: Scope, config: ViTConfig, x: Value, rate: number): Value {
  const { hidden_size: width, num_attention_heads: heads, layer_norm_eps: epsilon } = config;
  const before = layerNorm(scope.within('layernorm_before'), x, epsilon);
  const [q, k, v] = ['query', 'key', 'value'].map((name) =>
    linear(scope.within(`attention.attention.${name}`), before, width, {
      bias: config.qkv_bias,
      init,
    }),
  );
  const attended = multiHeadAttention(q, k, v, heads); // [B, T, D]
  const output = linear(scope.within('attention.output.dense'), attended, width, { init });
  const h = add(x, dropPath(scope.within('drop_path1'), output, rate));
  const after = layerNorm(scope.within('layernorm_after'), h, epsilon);
  const wide = linear(scope.within('intermediate.dense'), after, config.intermediate_size, {
    init,
  });
  const activated = activationNamed(config.hidden_act)(wide);
  const narrow = linear(scope.within('output.dense'), activated, width, { init });
  return add(h, dropPath(scope.within('drop_path2'), narrow, rate));
}

import { z } from 'zod';
import { argSort } from '../../graph/functions/arrange.ts';
import { mse } from '../../graph/functions/losses.ts';
import { variance } from '../../graph/functions/statistics.ts';
import { add, div, greaterOrEqual, mul, sub } from '../../graph/ops/binary/ops.ts';
import { cast, sqrt } from '../../graph/ops/elementwise/ops.ts';
import { gatherElements } from '../../graph/ops/gather/ops.ts';
import { concat, slice } from '../../graph/ops/movement/join-ops.ts';
import { expand, reshape, transpose, unsqueeze } from '../../graph/ops/movement/shape-ops.ts';
import { reduceMean, reduceSum } from '../../graph/ops/reduction/ops.ts';
import { constant, shapeOf, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { layers, positive } from '../config.ts';
import { layerNorm, linear } from '../layers/basic.ts';
import { sinCosPositions } from '../layers/positions.ts';
import { normal, type Scope } from '../scope.ts';
import { patchTokens } from './vit-embeddings.ts';
import { vitEncoder } from './vit-encoder.ts';
import { vitConfig } from './vit.ts';

/** transformers' ViTMAEConfig. */
export const vitMaeConfig = vitConfig.extend({
  decoder_hidden_size: positive.default(512),
  decoder_num_hidden_layers: layers.default(8),
  decoder_num_attention_heads: positive.default(16),
  decoder_intermediate_size: positive.default(2048),
  /** Share of the patches that the encoder does not see. */
  mask_ratio: z.number().gt(0).lt(1).default(0.75),
  /** Whether each patch is to be told after its own mean and deviation were taken away. */
  norm_pix_loss: z.boolean().default(false),
});
export type ViTMaeConfig = z.output<typeof vitMaeConfig>;

export interface ViTMaeInputs {
  /** [B, C, H, W], of the configuration's size. */
  readonly pixels: Value;
  /** [B, P]: the patches with the smallest numbers stay. */
  readonly noise: Value;
}

export interface ViTMaeOutput {
  /** Mean squared error over what the encoder did not see. */
  readonly loss: Value;
  /** The pixels of every patch, [B, P, patch * patch * C]. */
  readonly logits: Value;
  /** What the encoder makes of the class token and the K patches that stay, [B, 1 + K, D]. */
  readonly encoded: Value;
  /** [B, P], 1 for patches that the encoder did not see. */
  readonly mask: Value;
  /** int64 [B, P]: where each patch is when those that stay come first. */
  readonly places: Value;
}

const init = normal(0.02);

/**
 * ViTMAEForPreTraining of transformers (arXiv 2111.06377): an image from a quarter of its patches.
 * Only its encoder is behind a command; it stays here, for by it tests hold how that is taken out.
 */
export function vitMae(
  scope: Scope,
  config: ViTMaeConfig,
  { pixels, noise }: ViTMaeInputs,
): ViTMaeOutput {
  const count = shapeOf(noise)[1];
  const kept = Math.floor(count * (1 - config.mask_ratio));
  const order = argSort(noise, 1); // [B, P]
  const places = argSort(order, 1); // [B, P]
  const mask = cast(greaterOrEqual(places, constant(int64([], [kept]))), 'float32');
  const seen = slice(order, { axis: 1, end: kept }); // [B, K]
  const encoded = encode(scope.within('vit'), config, pixels, seen);
  const logits = decode(scope.within('decoder'), config, encoded, places);
  const target = patchPixels(pixels, config.patch_size);
  const wanted = config.norm_pix_loss ? normalisePatches(target) : target;
  const errors = reduceMean(mse(logits, wanted, { reduction: 'none' }), { axes: [2] }); // [B, P]
  const loss = div(reduceSum(mul(errors, mask)), reduceSum(mask));
  return { loss, logits, encoded, mask, places };
}

/** Positions are sines, which are not learnt. */
const positionsOf = (scope: Scope, name: string, count: number, width: number): Value =>
  scope.buffer(name, [1, 1 + count, width], sinCosPositions(Math.sqrt(count), width));

/** Rows [B, N, D] of x [B, P, D], by their numbers [B, N]. */
function rows(x: Value, numbers: Value): Value {
  const width = shapeOf(x)[2];
  return gatherElements(x, expand(unsqueeze(numbers, [2]), [...shapeOf(numbers), width]), 1);
}

/** x [B, T, D] after one token [1, 1, D]. */
function prepend(token: Value, x: Value): Value {
  const [batch, , width] = shapeOf(x);
  return concat([expand(token, [batch, 1, width]), x], 1);
}

function encode(scope: Scope, config: ViTMaeConfig, pixels: Value, seen: Value): Value {
  const { hidden_size: width, image_size: size, patch_size: patch } = config;
  const at = scope.within('embeddings');
  const { tokens } = patchTokens(at, config, pixels); // [B, P, D]
  const positions = positionsOf(at, 'position_embeddings', Math.floor(size / patch) ** 2, width);
  const placed = add(tokens, slice(positions, { axis: 1, start: 1 }));
  const classToken = at.parameter('cls_token', [1, 1, width], init);
  const first = add(classToken, slice(positions, { axis: 1, end: 1 }));
  const visible = prepend(first, rows(placed, seen)); // [B, 1 + K, D]
  const hidden = vitEncoder(scope.within('encoder'), config, visible);
  return layerNorm(scope.within('layernorm'), hidden.at(-1)!, config.layer_norm_eps);
}

/** [B, P, patch * patch * C] from [B, 1 + K, D], with mask tokens for the patches not seen. */
function decode(scope: Scope, config: ViTMaeConfig, encoded: Value, places: Value): Value {
  const width = config.decoder_hidden_size;
  const [batch, count] = shapeOf(places);
  const embedded = linear(scope.within('decoder_embed'), encoded, width, { init });
  const visible = shapeOf(embedded)[1] - 1;
  const maskToken = scope.parameter('mask_token', [1, 1, width], init);
  const patches = concat(
    [slice(embedded, { axis: 1, start: 1 }), expand(maskToken, [batch, count - visible, width])],
    1,
  );
  const whole = concat([slice(embedded, { axis: 1, end: 1 }), rows(patches, places)], 1);
  const x = add(whole, positionsOf(scope, 'decoder_pos_embed', count, width)); // [B, 1 + P, D]
  const decoder = {
    ...config,
    hidden_size: width,
    num_hidden_layers: config.decoder_num_hidden_layers,
    num_attention_heads: config.decoder_num_attention_heads,
    intermediate_size: config.decoder_intermediate_size,
  };
  const hidden = vitEncoder(scope.within('decoder_encoder'), decoder, x);
  const last = layerNorm(scope.within('decoder_norm'), hidden.at(-1)!, config.layer_norm_eps);
  const pixels = config.patch_size ** 2 * config.num_channels;
  const predicted = linear(scope.within('decoder_pred'), last, pixels, { init });
  return slice(predicted, { axis: 1, start: 1 });
}

/** x [B, C, H, W] as [B, P, patch * patch * C], the colours of a pixel side by side. */
function patchPixels(x: Value, patch: number): Value {
  const [batch, channels, height, width] = shapeOf(x);
  const [high, wide] = [height / patch, width / patch];
  const apart = reshape(x, [batch, channels, high, patch, wide, patch]);
  const patches = transpose(apart, [0, 2, 4, 3, 5, 1]);
  return reshape(patches, [batch, high * wide, patch * patch * channels]);
}

function normalisePatches(patches: Value): Value {
  const over = { axes: [2], keepdims: true };
  const mean = reduceMean(patches, over);
  return div(sub(patches, mean), sqrt(add(variance(patches, over), 1e-6)));
}

import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { flatten, reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelled, perStage, positive, stages, withEqualStages } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { multiHeadAttention } from '../layers/attention.ts';
import { conv2d, dropPath, dropPathRatesOfStages, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';

/** transformers' SegformerConfig. Its `layer_norm_eps` is not read there either. */
export const segformerConfig = withEqualStages(
  z.object({
    ...labelled,
    hidden_sizes: stages.hidden_sizes.default([32, 64, 160, 256]),
    depths: stages.depths.default([2, 2, 2, 2]),
    num_attention_heads: perStage.default([1, 2, 5, 8]),
    /** How many times fewer keys and values there are than queries, along each side. */
    sr_ratios: perStage.default([8, 4, 2, 1]),
    patch_sizes: perStage.default([7, 3, 3, 3]),
    strides: perStage.default([4, 2, 2, 2]),
    mlp_ratios: z.array(z.number().positive().max(64)).min(1).default([4, 4, 4, 4]),
    num_channels: positive.default(3),
    hidden_act: z.string().default('gelu'),
    /** Width of the segmentation head. */
    decoder_hidden_size: positive.default(256),
  }),
  'num_attention_heads',
  'sr_ratios',
  'patch_sizes',
  'strides',
  'mlp_ratios',
);
export type SegformerConfig = z.output<typeof segformerConfig>;

export const segformerInit = normal(0.02);
const init = segformerInit;

/**
 * SegformerEncoder of transformers (arXiv 2105.15203): the result of each stage for x [B, C, H, W].
 * Its norms have PyTorch's default epsilon.
 *
 * @param rate drop path of the last block; it grows in a line from zero at the first.
 * @returns [B, D, h, w] of each stage, the largest first.
 */
export function segformerEncoder(
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  rate = 0,
): readonly Value[] {
  const rates = dropPathRatesOfStages(rate, config.depths);
  let map = x;
  return config.hidden_sizes.map((width, stage) => {
    const patches = overlappingPatches(
      scope.within(`patch_embeddings.${stage}`),
      map,
      width,
      config.patch_sizes[stage],
      config.strides[stage],
    );
    let h = patches.tokens;
    for (const [i, dropped] of rates[stage].entries()) {
      const at = scope.within(`block.${stage}.${i}`);
      h = block(at, config, h, { stage, grid: patches.grid, rate: dropped });
    }
    map = asMap(layerNorm(scope.within(`layer_norm.${stage}`), h), patches.grid);
    return map;
  });
}

type Grid = readonly [rows: number, columns: number];

/** [B, D, h, w] as [B, h * w, D]. */
export const asTokens = (map: Value): Value => transpose(flatten(map, 2), [0, 2, 1]);

/** [B, h * w, D] as [B, D, h, w]. */
export function asMap(tokens: Value, [rows, columns]: Grid): Value {
  const [batch, , width] = tokens.shape;
  return reshape(transpose(tokens, [0, 2, 1]), [batch, width, rows, columns]);
}

function overlappingPatches(
  scope: Scope,
  x: Value,
  width: number,
  kernel: number,
  stride: number,
): { readonly tokens: Value; readonly grid: Grid } {
  const padding = Math.floor(kernel / 2);
  const projected = conv2d(scope.within('proj'), x, width, { kernel, stride, padding, init });
  const [rows, columns] = projected.shape.slice(2).map(Number);
  const tokens = layerNorm(scope.within('layer_norm'), asTokens(projected)); // [B, P, D]
  return { tokens, grid: [rows, columns] };
}

interface BlockPlace {
  readonly stage: number;
  readonly grid: Grid;
  readonly rate: number;
}

function block(scope: Scope, config: SegformerConfig, x: Value, place: BlockPlace): Value {
  const before = layerNorm(scope.within('layer_norm_1'), x);
  const attended = attention(scope.within('attention'), config, before, place);
  const h = add(x, dropPath(scope.within('drop_path1'), attended, place.rate));
  const after = layerNorm(scope.within('layer_norm_2'), h);
  const mixed = mixedFeedForward(scope.within('mlp'), config, after, place);
  return add(h, dropPath(scope.within('drop_path2'), mixed, place.rate));
}

/** Attention of each place to all of a smaller map, which a strided convolution makes. */
function attention(
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  { stage, grid }: BlockPlace,
): Value {
  const self = scope.within('self');
  const width = Number(x.shape[2]);
  const ratio = config.sr_ratios[stage];
  const source = ratio === 1 ? x : reduced(self, asMap(x, grid), ratio); // [B, S, D]
  const project = (name: string, of: Value): Value =>
    linear(self.within(name), of, width, { init });
  const attended = multiHeadAttention(
    project('query', x),
    project('key', source),
    project('value', source),
    config.num_attention_heads[stage],
  ); // [B, P, D]
  return linear(scope.within('output.dense'), attended, width, { init });
}

function reduced(scope: Scope, map: Value, ratio: number): Value {
  const smaller = conv2d(scope.within('sr'), map, Number(map.shape[1]), {
    kernel: ratio,
    stride: ratio,
    init,
  });
  return layerNorm(scope.within('layer_norm'), asTokens(smaller));
}

/** A feed-forward network with a depthwise convolution in it, which tells places apart. */
function mixedFeedForward(
  scope: Scope,
  config: SegformerConfig,
  x: Value,
  { stage, grid }: BlockPlace,
): Value {
  const width = Number(x.shape[2]);
  const inner = Math.floor(width * config.mlp_ratios[stage]);
  const wide = linear(scope.within('dense1'), x, inner, { init });
  const mixed = conv2d(scope.within('dwconv.dwconv'), asMap(wide, grid), inner, {
    kernel: 3,
    padding: 1,
    groups: inner,
    init,
  });
  const activated = activationNamed(config.hidden_act)(asTokens(mixed));
  return linear(scope.within('dense2'), activated, width, { init });
}

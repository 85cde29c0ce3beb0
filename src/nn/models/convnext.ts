import { z } from 'zod';
import { add, mul } from '../../graph/ops/binary/ops.ts';
import { transpose } from '../../graph/ops/movement/shape-ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelled, labelsOf, positive, stages, withEqualStages } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { conv2d, dropPath, dropPathRatesOfStages, layerNorm, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';

/** transformers' ConvNextConfig. */
export const convNextConfig = withEqualStages(
  z.object({
    ...labelled,
    num_channels: positive.default(3),
    patch_size: positive.default(4),
    hidden_sizes: stages.hidden_sizes.default([96, 192, 384, 768]),
    depths: stages.depths.default([3, 3, 9, 3]),
    hidden_act: z.string().default('gelu'),
    /** Of the norm before the head; the others have 1e-6. */
    layer_norm_eps: z.number().default(1e-12),
    /** What the scales of the branches begin with; zero for networks without scales. */
    layer_scale_init_value: z.number().min(0).default(1e-6),
  }),
);
export type ConvNextConfig = z.output<typeof convNextConfig>;

const init = normal(0.02);
const epsilon = 1e-6;

/** ConvNextForImageClassification of transformers (arXiv 2201.03545); x is [B, C, H, W]. */
export function convNext(
  scope: Scope,
  config: ConvNextConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const { hidden_sizes: widths, depths, patch_size: patch } = config;
  const embeddings = scope.within('convnext.embeddings');
  const patches = conv2d(embeddings.within('patch_embeddings'), x, widths[0], {
    kernel: patch,
    stride: patch,
    init,
  });
  let h = channelNorm(embeddings.within('layernorm'), patches); // [B, C, H / 4, W / 4]
  const hidden = [h];
  const rates = dropPathRatesOfStages(options.dropPath ?? 0, depths);
  for (const [stage, width] of widths.entries()) {
    const at = scope.within(`convnext.encoder.stages.${stage}`);
    if (stage > 0) h = downsample(at.within('downsampling_layer'), h, width);
    for (const [i, rate] of rates[stage].entries()) {
      h = block(at.within(`layers.${i}`), config, h, rate);
    }
    hidden.push(h);
  }
  const pooled = reduceMean(h, { axes: [2, 3] });
  const features = layerNorm(scope.within('convnext.layernorm'), pooled, config.layer_norm_eps); // [B, D]
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

/** Half as high and wide, `out` channels. */
function downsample(scope: Scope, x: Value, out: number): Value {
  return conv2d(scope.within(1), channelNorm(scope.within(0), x), out, {
    kernel: 2,
    stride: 2,
    init,
  });
}

function block(scope: Scope, config: ConvNextConfig, x: Value, rate: number): Value {
  const width = Number(x.shape[1]);
  const spread = conv2d(scope.within('dwconv'), x, width, {
    kernel: 7,
    padding: 3,
    groups: width,
    init,
  });
  const normalised = layerNorm(scope.within('layernorm'), channelsLast(spread), epsilon); // [B, H, W, C]
  const wide = linear(scope.within('pwconv1'), normalised, 4 * width, { init });
  const activated = activationNamed(config.hidden_act)(wide);
  const narrow = linear(scope.within('pwconv2'), activated, width, { init });
  const scaled = layerScale(scope, narrow, config.layer_scale_init_value);
  return add(x, dropPath(scope, channelsFirst(scaled), rate));
}

function layerScale(scope: Scope, x: Value, value: number): Value {
  if (value === 0) return x;
  const width = Number(x.shape.at(-1));
  return mul(x, scope.parameter('layer_scale_parameter', [width], { kind: 'constant', value }));
}

const channelsLast = (x: Value): Value => transpose(x, [0, 2, 3, 1]);
const channelsFirst = (x: Value): Value => transpose(x, [0, 3, 1, 2]);

/** Normalises the channels at each place of x [B, C, H, W]. */
const channelNorm = (scope: Scope, x: Value): Value =>
  channelsFirst(layerNorm(scope, channelsLast(x), epsilon));

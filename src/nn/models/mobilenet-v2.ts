import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { flatten } from '../../graph/ops/movement/shape-ops.ts';
import { globalAveragePool } from '../../graph/ops/pool/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelled, labelsOf, positive } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { batchNorm2d, conv2d, dropPath, dropPathRates, linear } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';

/** transformers' MobileNetV2Config. */
export const mobileNetV2Config = z.object({
  ...labelled,
  num_channels: positive.default(3),
  /** Factor on all widths. */
  depth_multiplier: z.number().positive().max(64).default(1),
  /** Widths are rounded to multiples of this. */
  depth_divisible_by: positive.default(8),
  min_depth: positive.default(8),
  expand_ratio: z.number().positive().max(64).default(6),
  /** How much smaller the last layer is than the picture; what would make it smaller dilates. */
  output_stride: z.union([z.literal(8), z.literal(16), z.literal(32)]).default(32),
  first_layer_is_expansion: z.boolean().default(true),
  /** Whether the last layer keeps its 1280 channels however narrow the others are. */
  finegrained_output: z.boolean().default(true),
  hidden_act: z.string().default('relu6'),
  /** Whether padding is TensorFlow's, of which more lies at the end. */
  tf_padding: z.boolean().default(true),
  /** Of the batch norms. */
  layer_norm_eps: z.number().default(1e-3),
});
export type MobileNetV2Config = z.output<typeof mobileNetV2Config>;

/** The blocks after the stem, with channels before `depth_multiplier` (table 2 of the paper). */
const stages = [
  { channels: 24, count: 2, stride: 2 },
  { channels: 32, count: 3, stride: 2 },
  { channels: 64, count: 4, stride: 2 },
  { channels: 96, count: 3, stride: 1 },
  { channels: 160, count: 3, stride: 2 },
  { channels: 320, count: 1, stride: 1 },
];
const blocks = stages.flatMap(({ channels, count, stride }) =>
  Array.from({ length: count }, (_, i) => ({ channels, stride: i === 0 ? stride : 1 })),
);
export const mobileNetV2Blocks = blocks.length;

/** MobileNetV2ForImageClassification of transformers (arXiv 1801.04381); x is [B, C, H, W]. */
export function mobileNetV2(
  scope: Scope,
  config: MobileNetV2Config,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const at = scope.within('mobilenet_v2');
  let h = stem(at.within('conv_stem'), config, x);
  const hidden = [h];
  const rates = dropPathRates(options.dropPath ?? 0, blocks.length);
  for (const [i, place] of placesOf(config).entries()) {
    h = invertedResidual(at.within(`layer.${i}`), config, h, { ...place, rate: rates[i] });
    hidden.push(h);
  }
  const narrow = config.finegrained_output && config.depth_multiplier < 1;
  const width = narrow ? 1280 : widthOf(config, 1280);
  const before = normalisedConv(at.within('conv_1x1'), config, h, width, { kernel: 1 });
  const activated = activationNamed(config.hidden_act)(before);
  const features = flatten(globalAveragePool(activated), 1); // [B, D]
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, {
    init: normal(0.02),
  });
  const isClipped = ['relu', 'relu6'].includes(config.hidden_act);
  return { logits, features, hidden, beforeLastRelu: isClipped ? before : undefined };
}

/** `value` as a multiple of `depth_divisible_by` that is not less than nine tenths of it. */
function divisible(config: MobileNetV2Config, value: number): number {
  const { depth_divisible_by: divisor, min_depth: least } = config;
  const rounded = Math.max(least, Math.floor((value + divisor / 2) / divisor) * divisor);
  return rounded < 0.9 * value ? rounded + divisor : rounded;
}

const widthOf = (config: MobileNetV2Config, channels: number): number =>
  divisible(config, Math.round(channels * config.depth_multiplier));

interface Place {
  readonly out: number;
  readonly stride: number;
  readonly dilation: number;
}

/** Where the output stride is reached, blocks dilate instead of becoming smaller. */
function placesOf(config: MobileNetV2Config): Place[] {
  let [reached, dilation] = [2, 1];
  return blocks.map(({ channels, stride }) => {
    const out = widthOf(config, channels);
    if (reached < config.output_stride) {
      reached *= stride;
      return { out, stride, dilation: 1 };
    }
    const place = { out, stride: 1, dilation };
    dilation *= stride;
    return place;
  });
}

function stem(scope: Scope, config: MobileNetV2Config, x: Value): Value {
  const width = widthOf(config, 32);
  const first = convLayer(scope.within('first_conv'), config, x, width, { kernel: 3, stride: 2 });
  const expanded = config.first_layer_is_expansion
    ? first
    : convLayer(scope.within('expand_1x1'), config, first, width, { kernel: 1 });
  const spread = convLayer(scope.within('conv_3x3'), config, expanded, width, {
    kernel: 3,
    groups: width,
  });
  return normalisedConv(scope.within('reduce_1x1'), config, spread, widthOf(config, 16), {
    kernel: 1,
  });
}

function invertedResidual(
  scope: Scope,
  config: MobileNetV2Config,
  x: Value,
  { out, stride, dilation, rate }: Place & { readonly rate: number },
): Value {
  const channels = Number(x.shape[1]);
  const wide = divisible(config, Math.round(channels * config.expand_ratio));
  const expanded = convLayer(scope.within('expand_1x1'), config, x, wide, { kernel: 1 });
  const spread = convLayer(scope.within('conv_3x3'), config, expanded, wide, {
    kernel: 3,
    stride,
    dilation,
    groups: wide,
  });
  const reduced = normalisedConv(scope.within('reduce_1x1'), config, spread, out, { kernel: 1 });
  return stride === 1 && channels === out ? add(x, dropPath(scope, reduced, rate)) : reduced;
}

interface ConvLayerOptions {
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/**
 * Convolution and batch norm. transformers gives the norm TensorFlow's decay, 0.997, as PyTorch's
 * momentum, which would make the running statistics those of the last batch; here they have
 * PyTorch's default.
 */
function normalisedConv(
  scope: Scope,
  config: MobileNetV2Config,
  x: Value,
  out: number,
  options: ConvLayerOptions,
): Value {
  const { kernel, dilation = 1 } = options;
  const padded = config.tf_padding ? padSame(x, options) : x;
  const convolved = conv2d(scope.within('convolution'), padded, out, {
    ...options,
    padding: config.tf_padding ? 0 : Math.floor((kernel - 1) / 2) * dilation,
    bias: false,
    init: normal(0.02),
  });
  return batchNorm2d(scope.within('normalization'), convolved, config.layer_norm_eps);
}

function convLayer(
  scope: Scope,
  config: MobileNetV2Config,
  x: Value,
  out: number,
  options: ConvLayerOptions,
): Value {
  return activationNamed(config.hidden_act)(normalisedConv(scope, config, x, out, options));
}

/** TensorFlow's SAME: the result is as long as the input over the stride, rounded up. */
function padSame(x: Value, { kernel, stride = 1, dilation = 1 }: ConvLayerOptions): Value {
  const [high, wide] = x.shape.slice(2).map((length): readonly [number, number] => {
    const total = Math.max(0, kernel - (Number(length) % stride || stride));
    const before = Math.floor(total / 2);
    return [before * dilation, (total - before) * dilation];
  });
  return pad(x, { 2: high, 3: wide });
}

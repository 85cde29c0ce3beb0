import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { flatten } from '../../graph/ops/movement/shape-ops.ts';
import { globalAveragePool, maxPool } from '../../graph/ops/pool/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelled, labelsOf, positive, stages, withEqualStages } from '../config.ts';
import { activationNamed } from '../layers/activations.ts';
import { batchNorm2d, conv2d, dropPath, dropPathRatesOfStages, linear } from '../layers/basic.ts';
import { kaimingFanOut, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';

/** transformers' ResNetConfig. */
export const resnetConfig = withEqualStages(
  z.object({
    ...labelled,
    num_channels: positive.default(3),
    embedding_size: positive,
    ...stages,
    layer_type: z.enum(['basic', 'bottleneck']),
    hidden_act: z.string().default('relu'),
    downsample_in_first_stage: z.boolean().default(false),
    downsample_in_bottleneck: z.boolean().default(false),
  }),
);
export type ResNetConfig = z.output<typeof resnetConfig>;

/** ResNetForImageClassification of transformers (arXiv 1512.03385); x is [B, C, H, W]. */
export function resnet(
  scope: Scope,
  config: ResNetConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const { hidden, beforeLast } = resnetEncoder(scope, config, x, options);
  const features = flatten(globalAveragePool(hidden.at(-1)!), 1); // [B, C]
  const logits = linear(scope.within('classifier.1'), features, labelsOf(config).length);
  const beforeLastRelu = config.hidden_act === 'relu' ? beforeLast : undefined;
  return { logits, features, hidden, beforeLastRelu };
}

/** What is computed of a picture before it is classified. */
export interface ResNetEncoded {
  /** Before the first pooling, [B, C, H / 2, W / 2]. */
  readonly stem: Value;
  /** What goes into each stage, and what comes out of the last. */
  readonly hidden: readonly Value[];
  /** What goes into the last activation. */
  readonly beforeLast: Value;
}

/** ResNetModel of transformers; x is [B, C, H, W]. */
export function resnetEncoder(
  scope: Scope,
  config: ResNetConfig,
  x: Value,
  options: ClassifierOptions = {},
): ResNetEncoded {
  const hidden: Value[] = [];
  const embedder = scope.within('resnet.embedder.embedder');
  const stem = convLayer(embedder, x, config.embedding_size, {
    kernel: 7,
    stride: 2,
    activation: config.hidden_act,
  });
  const activate = activationNamed(config.hidden_act);
  let h = maxPool(stem, { kernel: 3, stride: 2, padding: 1 });
  let before = h;
  const rates = dropPathRatesOfStages(options.dropPath ?? 0, config.depths);
  config.hidden_sizes.forEach((width, stage) => {
    hidden.push(h);
    const firstStride = stage > 0 || config.downsample_in_first_stage ? 2 : 1;
    for (const [layer, rate] of rates[stage].entries()) {
      const at = scope.within(`resnet.encoder.stages.${stage}.layers.${layer}`);
      const stride = layer === 0 ? firstStride : 1;
      const branch = residualBranches[config.layer_type](at, config, h, width, stride);
      before = add(dropPath(at, branch, rate), shortcut(at, h, width, stride));
      h = activate(before);
    }
  });
  hidden.push(h);
  return { stem, hidden, beforeLast: before };
}

interface ConvLayerOptions {
  readonly kernel: number;
  readonly stride?: number;
  /** Default: none. */
  readonly activation?: string;
}

function convLayer(scope: Scope, x: Value, out: number, options: ConvLayerOptions): Value {
  const { kernel, stride = 1, activation } = options;
  const convolved = conv2d(scope.within('convolution'), x, out, {
    kernel,
    stride,
    padding: Math.floor(kernel / 2),
    bias: false,
    init: kaimingFanOut(out * kernel * kernel),
  });
  const h = batchNorm2d(scope.within('normalization'), convolved);
  return activation === undefined ? h : activationNamed(activation)(h);
}

/** What a layer adds to its input, before the last activation. */
type ResidualBranch = (
  scope: Scope,
  config: ResNetConfig,
  x: Value,
  out: number,
  stride: number,
) => Value;

/** Within a layer, whatever the activation of the others: so transformers has it. */
const inner = { activation: 'relu' };

const residualBranches: Record<ResNetConfig['layer_type'], ResidualBranch> = {
  basic(scope, _config, x, out, stride) {
    const first = convLayer(scope.within('layer.0'), x, out, { kernel: 3, stride, ...inner });
    return convLayer(scope.within('layer.1'), first, out, { kernel: 3 });
  },
  bottleneck(scope, { downsample_in_bottleneck: early }, x, out, stride) {
    const narrow = Math.floor(out / 4);
    const [before, middle] = early ? [stride, 1] : [1, stride];
    const layer = (i: number): Scope => scope.within(`layer.${i}`);
    const first = convLayer(layer(0), x, narrow, { kernel: 1, stride: before, ...inner });
    const second = convLayer(layer(1), first, narrow, { kernel: 3, stride: middle, ...inner });
    return convLayer(layer(2), second, out, { kernel: 1 });
  },
};

/** The input of a layer, made as large as its branch. */
function shortcut(scope: Scope, x: Value, out: number, stride: number): Value {
  return x.shape[1] === out && stride === 1
    ? x
    : convLayer(scope.within('shortcut'), x, out, { kernel: 1, stride });
}

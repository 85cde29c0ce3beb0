import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { relu } from '../../graph/ops/elementwise/ops.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import { pad } from '../../graph/ops/movement/pad.ts';
import { flatten } from '../../graph/ops/movement/shape-ops.ts';
import { globalAveragePool } from '../../graph/ops/pool/ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelled, labelsOf, positive, stages, withEqualStages } from '../config.ts';
import { batchNorm2d, conv2d, dropPath, dropPathRatesOfStages, linear } from '../layers/basic.ts';
import { kaimingFanOut, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';

/** The residual networks for small pictures, which transformers does not have. */
export const cifarResnetConfig = withEqualStages(
  z.object({
    ...labelled,
    num_channels: positive.default(3),
    /** Width of the stem. */
    embedding_size: positive,
    /** Of what each stage gives. */
    ...stages,
    layer_type: z.enum(['basic', 'bottleneck']),
    /**
     * How the input of a block is made as large as its result: every other pixel, with zeros for the
     * new colours, half of them on either side (option A of the paper); or a convolution (option B).
     */
    shortcut: z.enum(['pad', 'projection']),
    /** The name of the module with that convolution, and of the last layer: implementations differ. */
    shortcut_name: z.enum(['shortcut', 'downsample']).default('shortcut'),
    head_name: z.enum(['linear', 'fc']).default('linear'),
  }),
);
export type CifarResNetConfig = z.output<typeof cifarResnetConfig>;

/**
 * ResNet for pictures of 32 x 32 (arXiv 1512.03385, section 4.2) under the names of its common
 * implementations in PyTorch: a stem of 3 x 3 that keeps the size, no pooling but the last; x is [B, C, H, W].
 */
export function cifarResnet(
  scope: Scope,
  config: CifarResNetConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const hidden: Value[] = [];
  let h = relu(normalised(scope, x, config.embedding_size, { place: 1, kernel: 3 }));
  let before = h;
  const rates = dropPathRatesOfStages(options.dropPath ?? 0, config.depths);
  config.hidden_sizes.forEach((width, stage) => {
    hidden.push(h);
    for (const [i, rate] of rates[stage].entries()) {
      const at = scope.within(`layer${stage + 1}.${i}`);
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const branch = branches[config.layer_type](at, h, width, stride);
      before = add(dropPath(at, branch, rate), shortcut(at, config, h, width, stride));
      h = relu(before);
    }
  });
  hidden.push(h);
  const features = flatten(globalAveragePool(h), 1); // [B, C]
  const logits = linear(scope.within(config.head_name), features, labelsOf(config).length);
  return { logits, features, hidden, beforeLastRelu: before };
}

interface NormalisedConv {
  /** The number in the names of the convolution and its norm. */
  readonly place: number;
  readonly kernel: 1 | 3;
  readonly stride?: number;
}

/** `convN`, then `bnN`. */
function normalised(
  scope: Scope,
  x: Value,
  out: number,
  { place, kernel, stride }: NormalisedConv,
): Value {
  const convolved = conv2d(scope.within(`conv${place}`), x, out, {
    kernel,
    stride,
    padding: (kernel - 1) / 2,
    bias: false,
    init: kaimingFanOut(out * kernel * kernel),
  });
  return batchNorm2d(scope.within(`bn${place}`), convolved);
}

type Branch = (scope: Scope, x: Value, out: number, stride: number) => Value;

/** What a block adds to its input, before the last activation. */
const branches: Record<CifarResNetConfig['layer_type'], Branch> = {
  basic(scope, x, out, stride) {
    const first = relu(normalised(scope, x, out, { place: 1, kernel: 3, stride }));
    return normalised(scope, first, out, { place: 2, kernel: 3 });
  },
  bottleneck(scope, x, out, stride) {
    const narrow = Math.floor(out / 4);
    const first = relu(normalised(scope, x, narrow, { place: 1, kernel: 1 }));
    const second = relu(normalised(scope, first, narrow, { place: 2, kernel: 3, stride }));
    return normalised(scope, second, out, { place: 3, kernel: 1 });
  },
};

/** The input of a block, made as large as its branch. */
function shortcut(
  scope: Scope,
  config: CifarResNetConfig,
  x: Value,
  out: number,
  stride: number,
): Value {
  const width = Number(x.shape[1]);
  if (width === out && stride === 1) return x;
  if (config.shortcut === 'projection') {
    const at = scope.within(config.shortcut_name);
    const init = kaimingFanOut(out);
    return batchNorm2d(
      at.within(1),
      conv2d(at.within(0), x, out, { kernel: 1, stride, bias: false, init }),
    );
  }
  const thinned =
    stride === 1 ? x : slice(slice(x, { axis: 2, step: stride }), { axis: 3, step: stride });
  const before = Math.floor((out - width) / 2);
  return pad(thinned, { 1: [before, out - width - before] });
}

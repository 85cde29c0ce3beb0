import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire';
import { z } from 'zod';
import { ModelLockError } from '../../../base/error.ts';
import { buildOnnx } from '../../../formats/onnx/build/build.ts';
import { openArchitecture, type OnnxNetwork } from '../../../formats/onnx/architecture.ts';
import { withFreeBatch } from '../../../formats/onnx/free-batch.ts';
import { answerOf, endsOf, type OnnxEnd } from '../../../formats/onnx/head.ts';
import type { OnnxFile } from '../../../formats/onnx/read.ts';
import { flatten, reshape, transpose } from '../../../graph/ops/movement/shape-ops.ts';
import { showShape, type Shape } from '../../../graph/shape.ts';
import { input, type Value } from '../../../graph/value.ts';
import { labelled, labelsOf, parseConfig, positive, type RawConfig } from '../../config.ts';
import { Scope } from '../../scope.ts';
import type { ClassifierOutput } from '../classifier.ts';
import type { Network } from '../network.ts';
import type { Classifier } from '../registry.ts';
import type { SegmenterOutput } from '../segmenter.ts';
import type { Segmenter } from '../segmenters.ts';
import { beforeLastReluOf, beforeRelu } from './last-relu.ts';
import { onnxLayers } from './layers.ts';
import { pictureInput, requireSize, sidesOf, usualSide, type PictureSize } from './pictures.ts';
import { declared, scopedNormalisation } from './weights.ts';

/** The `model_type` of classifiers that came as ONNX files. */
export const onnxModelType = 'onnx';

/** A classifier that came as an ONNX file: its configuration holds the network without weights. */
export const onnxConfig = z.object({
  /** ONNX model without the elements of its weights, in base64. */
  onnx_architecture: z.string(),
  /** The size of its pictures, where it takes any: a network may not be one of all. */
  input_size: z
    .object({ height: positive, width: positive })
    .default({ height: usualSide, width: usualSide }),
  ...labelled,
});

/** What is known of an ONNX file beside it. */
export interface OnnxConfigOptions {
  /** The names of its classes. */
  readonly labels?: readonly string[] | undefined;
  /** The size of its pictures, where it takes any. Default: `usualSide`. */
  readonly size?: PictureSize | undefined;
}

/**
 * The configuration of a classifier in an ONNX file, as transformers' `config.json` is that of
 * others. Throws `unsupported` where the model is none of pictures.
 */
export function onnxConfigOf(
  file: Pick<OnnxFile, 'network' | 'architecture'>,
  { labels, size = { height: usualSide, width: usualSide } }: OnnxConfigOptions = {},
): RawConfig {
  const own = pictureInput(file.network);
  const [height, width] = sidesOf(own, size);
  const isFree = own.height !== height || own.width !== width;
  const sides = { height, width };
  const picture =
    own.layout === 'NCHW' ? [own.channels, height, width] : [height, width, own.channels];
  const { network, architecture } = withFreeBatch(file, picture);
  const { classes, givesMaps, isSeveral } = endOfPictures(network, sides);
  const { where } = network.model;
  if (labels && labels.length !== classes) {
    throw new ModelLockError('usage', `${where} has ${classes} classes, not ${labels.length}`);
  }
  const names = labels ?? Array.from({ length: classes }, (_, i) => `LABEL_${i}`);
  return {
    model_type: onnxModelType,
    ...(givesMaps ? { architectures: ['OnnxForSemanticSegmentation'] } : {}),
    ...(isSeveral && !givesMaps ? { problem_type: 'multi_label_classification' } : {}),
    onnx_architecture: base64Encode(architecture),
    ...(isFree ? { input_size: sides } : {}),
    id2label: Object.fromEntries(names.map((name, i) => [String(i), name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
  };
}

/** The classifier that such a configuration describes. Throws as `parseOnnx` does. */
export function onnxClassifier(raw: RawConfig, where: string): Classifier {
  const { architecture, network } = opened(raw, where);
  return { ...network, build: (scope, x) => buildClassifier(scope, architecture, x) };
}

/** The segmenter that such a configuration describes. Throws as `parseOnnx` does. */
export function onnxSegmenter(raw: RawConfig, where: string): Segmenter {
  const { architecture, network } = opened(raw, where);
  return { ...network, build: (scope, x) => buildSegmenter(scope, architecture, x) };
}

/** What is known of a network but how to build it. */
function opened(
  raw: RawConfig,
  where: string,
): { architecture: Architecture; network: Omit<Network, 'build'> } {
  const config = parseConfig(onnxConfig, raw, where);
  const network = openArchitecture(decoded(config.onnx_architecture, where), where);
  const labels = labelsOf(config);
  const end = endOfPictures(network, config.input_size, labels.length);
  const { head } = end;
  const isHead = (name: string): boolean => name === head?.weight || name === head?.bias;
  const fixedHead = head ? undefined : noHead(network);
  if (fixedHead !== undefined && labels.length !== end.classes) {
    throw new ModelLockError('unsupported', `${where}: ${fixedHead}`);
  }
  return {
    architecture: { network, end, classes: labels.length },
    network: {
      labels,
      ...(fixedHead === undefined ? {} : { fixedHead }),
      channels: pictureInput(network).channels,
      isHead,
      // Biases may have axes of length 1 before it.
      classAxis: (name) =>
        head && name === head.weight
          ? head.classAxis
          : network.initializers.get(name)!.shape.length - 1,
      isAddition: () => false,
      layers: onnxLayers(network, isHead),
      isEmbedding: (name) => network.initializers.get(name)?.role === 'embedding',
    },
  };
}

function decoded(text: string, where: string): Uint8Array {
  try {
    return base64Decode(text);
  } catch (error) {
    throw new ModelLockError('corrupt', `${where}: field "onnx_architecture" is no base64`, {
      cause: error,
    });
  }
}

/** Why a network cannot have other classes. */
const noHead = (network: OnnxNetwork): string =>
  `the output "${answerOf(network)}" does not come from one layer of weights that other classes could replace`;

/** How a network of pictures ends. */
interface PictureEnd extends OnnxEnd {
  readonly classes: number;
  /** Whether each place of a picture gets a class, not the picture one. */
  readonly givesMaps: boolean;
}

interface Architecture {
  readonly network: OnnxNetwork;
  readonly end: OnnxEnd;
  readonly classes: number;
}

/**
 * How it ends with so many classes; its own number unless given. Throws `unsupported` where the
 * output is neither a vector of classes nor a map of them.
 */
function endOfPictures(network: OnnxNetwork, size: PictureSize, classes?: number): PictureEnd {
  const { model } = network;
  const own = pictureInput(network);
  const x = input('x', 'float32', [1, own.channels, ...sidesOf(own, size)]);
  const ends = endsOf(network, answerOf(network));
  const shapes: Shape[] = [];
  for (const [i, end] of ends.entries()) {
    const wanted = end.head ? (classes ?? end.head.classes) : ends[0].head?.classes;
    const shape = shapeOfLogits({ network, end, classes: wanted ?? 0 }, x, i + 1 < ends.length);
    if (!shape) continue;
    shapes.push(shape);
    const [first, second, ...places] = shape;
    const isPlain = places.every((dim) => dim === 1);
    const isMap = places.length === 2 && !isPlain;
    const fits = first === 1 && typeof second === 'number' && second === (wanted ?? second);
    if (fits && (isPlain || isMap)) {
      return { ...end, classes: end.head?.classes ?? second, givesMaps: isMap };
    }
  }
  throw new ModelLockError(
    'unsupported',
    `${model.where}: its output is ${shapes.map(showShape).join(' or ')} for one picture`,
    { valid: ['[1, classes]', '[1, classes, height, width]'] },
  );
}

/** Undefined, where there are `others` to try, for what cannot be built: sizes may hold a number of classes. */
function shapeOfLogits(architecture: Architecture, x: Value, others: boolean): Shape | undefined {
  try {
    return built(Scope.root(), architecture, x).logits.shape;
  } catch (error) {
    if (others && error instanceof ModelLockError) return undefined;
    throw error;
  }
}

function buildClassifier(scope: Scope, architecture: Architecture, x: Value): ClassifierOutput {
  const { logits, features } = built(scope, architecture, x);
  const { where } = architecture.network.model;
  const flatLogits = flatRows(logits, where);
  const flatFeatures = flatten(features, 1);
  const beforeLastRelu = beforeLastReluOf(features);
  return {
    logits: flatLogits,
    features: flatFeatures,
    hidden: [x, flatFeatures],
    ...(beforeLastRelu ? { beforeLastRelu } : {}),
  };
}

function buildSegmenter(scope: Scope, architecture: Architecture, x: Value): SegmenterOutput {
  const { logits, features } = built(scope, architecture, x);
  const beforeLastRelu = beforeRelu(features);
  return { logits, hidden: [features], ...(beforeLastRelu ? { beforeLastRelu } : {}) };
}

/** Logits and what the last layer makes them of; x is [B, C, H, W], whatever the model's layout. */
function built(
  scope: Scope,
  { network, end, classes }: Architecture,
  x: Value,
): { readonly logits: Value; readonly features: Value } {
  const { name, layout } = pictureInput(network);
  requireSize(network, x);
  const pictures = layout === 'NHWC' ? transpose(x, [0, 2, 3, 1]) : x;
  const { head, logits } = end;
  const features = head?.features ?? logits;
  const results = buildOnnx(network, {
    inputs: new Map([[name, pictures]]),
    outputs: [logits, features],
    weight: (key, initializer) => {
      const { shape } = initializer;
      const own =
        key === head?.weight
          ? shape.with(head.classAxis, classes)
          : key === head?.bias
            ? [...shape.slice(0, -1), classes]
            : shape;
      return declared(scope, key, { ...initializer, shape: own });
    },
    normalisation: scopedNormalisation(scope),
  });
  return { logits: results.get(logits)!, features: results.get(features)! };
}

/** [B, N] of [B, N] or [B, N, 1, 1]. Throws `unsupported` where there is more than one vector a picture. */
function flatRows(value: Value, where: string): Value {
  const [rows, columns, ...places] = value.shape;
  if (columns !== undefined && places.every((dim) => dim === 1)) {
    return places.length === 0 ? value : reshape(value, [rows, columns]);
  }
  throw new ModelLockError(
    'unsupported',
    `${where}: its last layer works on ${showShape(value.shape)}, not on one vector for each picture`,
  );
}

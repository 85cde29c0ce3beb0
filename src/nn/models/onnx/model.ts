import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire';
import { z } from 'zod';
import { ModelLockError } from '../../../base/error.ts';
import { buildOnnx } from '../../../formats/onnx/build/build.ts';
import type { Normalisation } from '../../../formats/onnx/build/call.ts';
import { openArchitecture, type OnnxNetwork } from '../../../formats/onnx/architecture.ts';
import { withFreeBatch } from '../../../formats/onnx/free-batch.ts';
import { headOf, type OnnxHead } from '../../../formats/onnx/head.ts';
import type { OnnxFile } from '../../../formats/onnx/read.ts';
import type { Initializer } from '../../../formats/onnx/roles.ts';
import { batchNormTraining } from '../../../graph/functions/norm.ts';
import { batchNorm } from '../../../graph/ops/norm/ops.ts';
import { reshape, transpose } from '../../../graph/ops/movement/shape-ops.ts';
import { showShape, type Dim } from '../../../graph/shape.ts';
import { input, type Value, type ValueType } from '../../../graph/value.ts';
import { isFloating } from '../../../tensor/dtype.ts';
import { sizeOf } from '../../../tensor/tensor.ts';
import { labelled, labelsOf, parseConfig, type RawConfig } from '../../config.ts';
import { fanIn, normal, ones, Scope, zeros, type Initialiser } from '../../scope.ts';
import type { ClassifierOutput } from '../classifier.ts';
import type { Network } from '../network.ts';
import type { Classifier } from '../registry.ts';
import type { SegmenterOutput } from '../segmenter.ts';
import type { Segmenter } from '../segmenters.ts';
import { beforeLastReluOf, beforeRelu } from './last-relu.ts';
import { onnxLayers } from './layers.ts';

/** The `model_type` of classifiers that came as ONNX files. */
export const onnxModelType = 'onnx';

/** A classifier that came as an ONNX file: its configuration holds the network without weights. */
export const onnxConfig = z.object({
  /** ONNX model without the elements of its weights, in base64. */
  onnx_architecture: z.string(),
  ...labelled,
});

/**
 * The configuration of a classifier in an ONNX file, as transformers' `config.json` is that of
 * others. Throws `unsupported` where the model is none of pictures.
 *
 * @param labels the names of its classes, where something tells them.
 */
export function onnxConfigOf(
  file: Pick<OnnxFile, 'network' | 'architecture'>,
  labels?: readonly string[],
): RawConfig {
  pictureInput(file.network);
  const { classes } = requireHead(file.network);
  const { network, architecture } = withFreeBatch(file);
  const { where } = network.model;
  if (labels && labels.length !== classes) {
    throw new ModelLockError('usage', `${where} has ${classes} classes, not ${labels.length}`);
  }
  const names = labels ?? Array.from({ length: classes }, (_, i) => `LABEL_${i}`);
  return {
    model_type: onnxModelType,
    ...(givesMaps(network) ? { architectures: ['OnnxForSemanticSegmentation'] } : {}),
    onnx_architecture: base64Encode(architecture),
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
  const head = requireHead(network);
  const isHead = (name: string): boolean => name === head.weight || name === head.bias;
  const labels = labelsOf(config);
  return {
    architecture: { network, head, classes: labels.length },
    network: {
      labels,
      channels: pictureInput(network).channels,
      isHead,
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

/** The one input of a classifier of pictures. */
export interface PictureInput {
  readonly name: string;
  /** Whether colours come before places, [B, C, H, W], or after them, [B, H, W, C]. */
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  /** A name where pictures of any size are taken. */
  readonly height: Dim;
  readonly width: Dim;
}

const isColours = (dim: Dim): dim is number => dim === 1 || dim === 3;

/** Throws `unsupported`, saying what the model takes, where that is not one batch of pictures. */
export function pictureInput({ model }: OnnxNetwork): PictureInput {
  const inputs = [...model.inputs];
  const [[name, { dtype, shape }] = noInput] = inputs;
  if (inputs.length === 1 && shape.length === 4 && isFloating(dtype)) {
    const [, second, third, fourth] = shape;
    if (isColours(second)) {
      return { name, layout: 'NCHW', channels: second, height: third, width: fourth };
    }
    if (isColours(fourth)) {
      return { name, layout: 'NHWC', channels: fourth, height: second, width: third };
    }
  }
  const taken = inputs.map(([key, type]) => `"${key}" ${type.dtype} ${showShape(type.shape)}`);
  throw new ModelLockError(
    'unsupported',
    `${model.where} takes ${taken.join(' and ') || 'nothing'}, not one batch of pictures`,
    { valid: ['float [batch, 3, height, width]', 'float [batch, height, width, 3]'] },
  );
}

const noInput: readonly [string, ValueType] = ['', { dtype: 'float32', shape: [] }];

/** Throws `unsupported` where the first output does not come from a layer that could be replaced. */
function requireHead(network: OnnxNetwork): OnnxHead {
  const { outputs, where } = network.model;
  const head = headOf(network, outputs[0]);
  if (head) return head;
  throw new ModelLockError(
    'unsupported',
    `${where}: the output "${outputs[0]}" does not come from a last layer with weights, which new classes need`,
    { valid: ['Gemm', 'MatMul', 'MatMul and Add', 'Conv of 1 x 1'] },
  );
}

interface Architecture {
  readonly network: OnnxNetwork;
  readonly head: OnnxHead;
  readonly classes: number;
}

/** Side of pictures where a model takes any. */
const anySide = 224;

/** Whether a model gives each place of a picture a class, not the picture one. */
function givesMaps(network: OnnxNetwork): boolean {
  const { channels, height, width } = pictureInput(network);
  const [rows, columns] = [height, width].map((dim) => (typeof dim === 'number' ? dim : anySide));
  const head = requireHead(network);
  const x = input('x', 'float32', [1, channels, rows, columns]);
  const { logits } = built(Scope.root(), { network, head, classes: head.classes }, x);
  return logits.shape.length === 4 && logits.shape.slice(2).some((dim) => dim !== 1);
}

function buildClassifier(scope: Scope, architecture: Architecture, x: Value): ClassifierOutput {
  const { logits, features } = built(scope, architecture, x);
  const { where } = architecture.network.model;
  const [flatLogits, flatFeatures] = [logits, features].map((value) => flatRows(value, where));
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
  { network, head, classes }: Architecture,
  x: Value,
): { readonly logits: Value; readonly features: Value } {
  const { name, layout } = pictureInput(network);
  requireSize(network, x);
  const pictures = layout === 'NHWC' ? transpose(x, [0, 2, 3, 1]) : x;
  const { weight, bias, classAxis } = head;
  const results = buildOnnx(network, {
    inputs: new Map([[name, pictures]]),
    outputs: [head.logits, head.features],
    weight: (key, initializer) => {
      const { shape } = initializer;
      const own =
        key === weight
          ? shape.with(classAxis, classes)
          : key === bias
            ? [...shape.slice(0, -1), classes]
            : shape;
      return declared(scope, key, { ...initializer, shape: own });
    },
    normalisation: scopedNormalisation(scope),
  });
  return { logits: results.get(head.logits)!, features: results.get(head.features)! };
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

/** Throws `shape` for pictures of a size that the model does not take. */
function requireSize(network: OnnxNetwork, x: Value): void {
  const { height, width } = pictureInput(network);
  const [, , rows, columns] = x.shape;
  const fits = (own: Dim, given: Dim): boolean => typeof own === 'string' || own === given;
  if (fits(height, rows) && fits(width, columns)) return;
  throw new ModelLockError(
    'shape',
    `${network.model.where} takes pictures of ${height} x ${width}, not ${rows} x ${columns}`,
  );
}

/** A weight of the file as a parameter or a buffer, with initial values as its role has them. */
function declared(scope: Scope, name: string, { role, shape }: Initializer): Value {
  switch (role) {
    case 'mean':
      return scope.buffer(name, shape, zeros);
    case 'variance':
      return scope.buffer(name, shape, ones);
    case 'scale':
      return scope.parameter(name, shape, ones);
    case 'bias':
      return scope.parameter(name, shape, zeros);
    case 'embedding':
      return scope.parameter(name, shape, normal(0.02));
    default:
      return scope.parameter(name, shape, weightInit(shape));
  }
}

/** A matrix may be [out, in] or [in, out]; the longer side is on the safe side for both. */
function weightInit(shape: readonly number[]): Initialiser {
  return fanIn(shape.length > 2 ? sizeOf(shape.slice(1)) : Math.max(1, ...shape));
}

/** Batch normalisation as `batchNorm2d` has it: in training by the batch's own statistics. */
function scopedNormalisation(scope: Scope): Normalisation {
  return (x, { scale, bias, mean, variance, epsilon, momentum }) => {
    const [scaleName, meanName, varianceName] = [scale, mean, variance].map(parameterName);
    if (scaleName === undefined || !scope.learns(scaleName)) {
      return batchNorm(x, scale, bias, { mean, variance }, epsilon);
    }
    const trained = batchNormTraining(
      x,
      scale,
      bias,
      { mean, variance },
      { momentum: 1 - momentum, epsilon },
    );
    if (meanName !== undefined) scope.update(meanName, trained.running.mean);
    if (varianceName !== undefined) scope.update(varianceName, trained.running.variance);
    return trained.y;
  };
}

const parameterName = ({ producer }: Value): string | undefined =>
  producer.kind === 'parameter' ? producer.name : undefined;

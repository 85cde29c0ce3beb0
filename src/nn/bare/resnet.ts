import { ModelLockError } from '../../base/error.ts';
import type { StoredTensors } from '../../formats/stored-tensor.ts';
import { resnetNameOfTimm, resnetOfTimm } from '../models/timm-resnet.ts';
import {
  colours,
  countOf,
  type BareLayout,
  type BareModel,
  type BareOptions,
} from './bare-model.ts';

/** ResNets: a first convolution `conv1`, stages `layerN` of numbered blocks, the class layer `fc` or `linear`. */

const stemOf = (tensors: StoredTensors): readonly number[] =>
  tensors.get('conv1.weight')?.shape ?? [];

const hasStages = (tensors: StoredTensors): boolean => tensors.has('layer1.0.conv1.weight');

/** ResNets of torchvision and timm, which are those of transformers under other names. */
export const bareResnet: BareLayout = {
  name: 'a ResNet of torchvision or timm',
  open: ['size'],
  fits: (tensors) => hasStages(tensors) && stemOf(tensors)[2] === 7,
  read: (tensors, options, where) => Promise.resolve(readResnet(tensors, options, where)),
};

/** ResNets for small pictures: a stem of 3 x 3 that keeps the size. */
export const bareCifarResnet: BareLayout = {
  name: 'a ResNet for CIFAR',
  open: ['size'],
  fits: (tensors) => hasStages(tensors) && stemOf(tensors)[2] === 3,
  read: (tensors, options) => Promise.resolve(readCifarResnet(tensors, options)),
};

interface Stages {
  readonly block: 'basic' | 'bottleneck';
  readonly depths: number[];
  /** Of what each stage gives. */
  readonly widths: number[];
}

function stagesOf(tensors: StoredTensors): Stages {
  const block = tensors.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const last = block === 'bottleneck' ? 'conv3' : 'conv2';
  const count = countOf(tensors, /^layer(\d+)\.0\.conv1\.weight$/);
  const stages = Array.from({ length: count }, (_, i) => `layer${i + 1}`);
  return {
    block,
    depths: stages.map((stage) =>
      countOf(tensors, new RegExp(String.raw`^${stage}\.(\d+)\.conv1\.weight$`)),
    ),
    widths: stages.map((stage) => tensors.get(`${stage}.0.${last}.weight`)?.shape[0] ?? 0),
  };
}

function readResnet(stored: StoredTensors, { size = 224 }: BareOptions, where: string): BareModel {
  const { tensors, assumed } = withPlainHead(stored);
  const { block, depths, widths } = stagesOf(tensors);
  requirePlainBlocks(tensors, where);
  const [stem, channels] = stemOf(tensors);
  const config = resnetOfTimm({
    num_classes: tensors.get('fc.weight')?.shape[0],
    in_chans: channels,
    block,
    layers: depths,
    channels: widths,
    stem,
  });
  return {
    config: {
      model_type: 'resnet',
      architectures: ['ResNetForImageClassification'],
      ...config,
    },
    tensors: new Map(
      [...counted(tensors)].map(([name, stored]) => [resnetNameOfTimm(name), stored]),
    ),
    // torchvision's: the shorter side to 256, the middle of 224.
    preparation: {
      height: size,
      width: size,
      ...colours.imagenet,
      resampling: 'bilinear',
      crop: 224 / 256,
    },
    assumed,
  };
}

/**
 * The class layer as `fc`, where it is a number in a sequence that has no other weights: `fc.1` behind
 * a dropout, as many fine-tune torchvision's. What else a sequence may have there, a ReLU before it or a
 * softmax behind it, changes no order of classes.
 */
function withPlainHead(tensors: StoredTensors): {
  readonly tensors: StoredTensors;
  readonly assumed: string[];
} {
  const heads = [...tensors.keys()].filter((name) => name.startsWith('fc.'));
  const layers = new Set(heads.map((name) => /^fc\.\d+\.(?=(?:weight|bias)$)/.exec(name)?.[0]));
  const [layer] = layers;
  if (layers.size !== 1 || layer === undefined) return { tensors, assumed: [] };
  const renamed = [...tensors].map(
    ([name, tensor]) => [name.replace(layer, 'fc.'), tensor] as const,
  );
  return {
    tensors: new Map(renamed),
    assumed: [`nothing but a dropout before the class layer "${layer.slice(0, -1)}"`],
  };
}

/** Throws `unsupported` for Wide ResNets and ResNeXts, whose blocks are of other widths. */
function requirePlainBlocks(tensors: StoredTensors, where: string): void {
  for (const [name, { shape }] of tensors) {
    const wide = /^(layer\d+\.\d+)\.conv2\.weight$/.exec(name);
    const out = wide && tensors.get(`${wide[1]}.conv3.weight`)?.shape[0];
    if (!out || (shape[0] * 4 === out && shape[1] === shape[0])) continue;
    throw new ModelLockError(
      'unsupported',
      `${where}: tensor "${name}" has shape [${shape.join(', ')}], as in Wide ResNets and ResNeXts, which are not supported`,
      { valid: [`[${out / 4}, ${out / 4}, 3, 3], as in ResNets`] },
    );
  }
}

function readCifarResnet(tensors: StoredTensors, { size = 32 }: BareOptions): BareModel {
  const { block, depths, widths } = stagesOf(tensors);
  const head = tensors.has('fc.weight') ? 'fc' : 'linear';
  const classes = tensors.get(`${head}.weight`)?.shape[0];
  const names = [...tensors.keys()];
  const projection = names
    .map((name) => /\.(shortcut|downsample)\.0\.weight$/.exec(name)?.[1])
    .find(Boolean);
  return {
    config: {
      model_type: 'cifar_resnet',
      num_channels: stemOf(tensors)[1],
      embedding_size: stemOf(tensors)[0],
      hidden_sizes: widths,
      depths,
      layer_type: block,
      shortcut: projection ? 'projection' : 'pad',
      ...(projection ? { shortcut_name: projection } : {}),
      head_name: head,
      ...(classes === undefined ? {} : { num_labels: classes }),
    },
    tensors: counted(tensors),
    preparation: { height: size, width: size, ...colours.imagenet, resampling: 'bilinear' },
    assumed: projection ? [] : ['shortcuts without weights, padded with zeros'],
  };
}

/** Without torch's counts of batches, which nothing reads. */
const counted = (tensors: StoredTensors): StoredTensors =>
  new Map([...tensors].filter(([name]) => !name.endsWith('.num_batches_tracked')));

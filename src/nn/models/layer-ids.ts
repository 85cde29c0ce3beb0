import type { BertConfig } from './bert.ts';
import type { CifarResNetConfig } from './cifar-resnet.ts';
import type { ConvNextConfig } from './convnext.ts';
import type { DeiTConfig } from './deit.ts';
import type { DistilBertConfig } from './distilbert.ts';
import { mobileNetV2Blocks } from './mobilenet-v2.ts';
import type { ResNetConfig } from './resnet.ts';
import type { SegformerConfig } from './segformer-encoder.ts';
import type { SwinConfig } from './swin.ts';
import type { ViTConfig } from './vit.ts';

/** The layers of a model, for treating its parameters by depth. */
export interface LayerIds {
  /** The last one's: that of the head and what is just before it. */
  readonly last: number;
  /** Of a parameter by its full name; 0 is what is next to the picture or text. */
  readonly of: (parameter: string) => number;
}

/**
 * What is next to the picture, then each of `count` numbered layers, then all the rest. With
 * blocks for layers it is BEiT's and MAE's rule for vision transformers (`get_layer_id_for_vit`).
 *
 * @param start the number of the first.
 */
function numberedLayers(first: RegExp, numbered: RegExp, count: number, start = 0): LayerIds {
  const last = count + 1;
  return {
    last,
    of(name) {
      if (first.test(name)) return 0;
      const match = numbered.exec(name);
      return match ? Number(match[1]) - start + 1 : last;
    },
  };
}

export const meanPooledVitLayers = ({
  num_hidden_layers: depth,
}: Pick<ViTConfig, 'num_hidden_layers'>): LayerIds => maeVitLayers({ depth });

export const maeVitLayers = ({ depth }: { readonly depth: number }): LayerIds =>
  numberedLayers(/^(?:cls_token$|pos_embed$|patch_embed)/, /^blocks\.(\d+)\./, depth);

export const vitLayers = ({
  num_hidden_layers: depth,
}: Pick<ViTConfig, 'num_hidden_layers'>): LayerIds =>
  numberedLayers(/^vit\.embeddings\./, /^vit\.encoder\.layer\.(\d+)\./, depth);

export const deitLayers = ({
  num_hidden_layers: depth,
}: Pick<DeiTConfig, 'num_hidden_layers'>): LayerIds =>
  numberedLayers(/^deit\.embeddings\./, /^deit\.encoder\.layer\.(\d+)\./, depth);

export const bertLayers = ({
  num_hidden_layers: depth,
}: Pick<BertConfig, 'num_hidden_layers'>): LayerIds =>
  numberedLayers(/^bert\.embeddings\./, /^bert\.encoder\.layer\.(\d+)\./, depth);

export const distilBertLayers = ({
  n_layers: depth,
}: Pick<DistilBertConfig, 'n_layers'>): LayerIds =>
  numberedLayers(/^distilbert\.embeddings\./, /^distilbert\.transformer\.layer\.(\d+)\./, depth);

/** timm's coarse groups of a ResNet: stem, each stage, head. */
export const resnetLayers = ({
  hidden_sizes: stages,
}: Pick<ResNetConfig, 'hidden_sizes'>): LayerIds =>
  numberedLayers(/^resnet\.embedder\./, /^resnet\.encoder\.stages\.(\d+)\./, stages.length);

/** As those of a ResNet. */
export const cifarResnetLayers = ({
  hidden_sizes: stages,
}: Pick<CifarResNetConfig, 'hidden_sizes'>): LayerIds =>
  numberedLayers(/^(?:conv|bn)1\./, /^layer(\d+)\./, stages.length, 1);

/** As those of a ResNet. What makes a stage's input smaller belongs to the stage. */
export const convNextLayers = ({ depths }: Pick<ConvNextConfig, 'depths'>): LayerIds =>
  numberedLayers(/^convnext\.embeddings\./, /^convnext\.encoder\.stages\.(\d+)\./, depths.length);

/** As those of a ResNet. What makes a stage's output smaller belongs to the stage. */
export const swinLayers = ({ depths }: Pick<SwinConfig, 'depths'>): LayerIds =>
  numberedLayers(/^swin\.embeddings\./, /^swin\.encoder\.layers\.(\d+)\./, depths.length);

/** Stem, each block, then the last convolution with the head. */
export const mobileNetV2Layers = (): LayerIds =>
  numberedLayers(/^mobilenet_v2\.conv_stem\./, /^mobilenet_v2\.layer\.(\d+)\./, mobileNetV2Blocks);

/** As BEiT's of a vision transformer, with stages for blocks: nothing comes before the first. */
export function segformerLayers({ depths }: Pick<SegformerConfig, 'depths'>): LayerIds {
  const last = depths.length;
  return {
    last,
    of(name) {
      const match = /^segformer\.encoder\.(?:patch_embeddings|block|layer_norm)\.(\d+)\./.exec(
        name,
      );
      return match ? Number(match[1]) : last;
    },
  };
}

import type { MaeVitConfig } from './mae-vit.ts';
import type { ResNetConfig } from './resnet.ts';
import type { ViTConfig } from './vit.ts';

/** The layers of a model, for treating its parameters by depth. */
export interface LayerIds {
  /** The last one's: that of the head and what is just before it. */
  readonly last: number;
  /** Of a parameter by its full name; 0 is what is next to the picture. */
  readonly of: (parameter: string) => number;
}

/**
 * BEiT's and MAE's rule for vision transformers (`get_layer_id_for_vit`): embeddings, then each
 * block, then all the rest.
 */
function transformerLayers(embeddings: RegExp, block: RegExp, depth: number): LayerIds {
  const last = depth + 1;
  return {
    last,
    of(name) {
      if (embeddings.test(name)) return 0;
      const match = block.exec(name);
      return match ? Number(match[1]) + 1 : last;
    },
  };
}

export const maeVitLayers = ({ depth }: Pick<MaeVitConfig, 'depth'>): LayerIds =>
  transformerLayers(/^(?:cls_token$|pos_embed$|patch_embed)/, /^blocks\.(\d+)\./, depth);

export const vitLayers = ({
  num_hidden_layers: depth,
}: Pick<ViTConfig, 'num_hidden_layers'>): LayerIds =>
  transformerLayers(/^vit\.embeddings\./, /^vit\.encoder\.layer\.(\d+)\./, depth);

/** timm's coarse groups of a ResNet: stem, each stage, head. */
export function resnetLayers({
  hidden_sizes: stages,
}: Pick<ResNetConfig, 'hidden_sizes'>): LayerIds {
  const last = stages.length + 1;
  return {
    last,
    of(name) {
      if (name.startsWith('resnet.embedder.')) return 0;
      const match = /^resnet\.encoder\.stages\.(\d+)\./.exec(name);
      return match ? Number(match[1]) + 1 : last;
    },
  };
}

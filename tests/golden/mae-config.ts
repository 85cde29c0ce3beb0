import type { Value } from '../../src/graph/value.ts';
import type { ClassifierOutput } from '../../src/nn/models/classifier.ts';
import { maeVit, maeVitConfig } from '../../src/nn/models/mae-vit.ts';
import type { Scope } from '../../src/nn/scope.ts';

/** The configuration of MAE's fine-tuned networks as the golden cases have it. */
export interface MaeShape {
  readonly image: number;
  readonly patch: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Width of the hidden layer of a block over that of the block. */
  readonly ratio: number;
  readonly classes: number;
  /** Mean of the patches, then `fc_norm`; otherwise the class token after `norm`. */
  readonly global_pool: boolean;
  readonly qkv_bias?: boolean;
  readonly drop_path?: number;
}

/** The network of such a configuration. */
export function maeVitOf(shape: MaeShape): (scope: Scope, x: Value) => ClassifierOutput {
  const config = maeVitConfig.parse({
    image_size: shape.image,
    patch_size: shape.patch,
    hidden_size: shape.width,
    num_hidden_layers: shape.depth,
    num_attention_heads: shape.heads,
    intermediate_size: Math.round(shape.width * shape.ratio),
    num_labels: shape.classes,
    qkv_bias: shape.qkv_bias,
  });
  const pooling = shape.global_pool ? 'mean' : 'token';
  return (scope, x) => maeVit(scope, config, x, { pooling, dropPath: shape.drop_path ?? 0 });
}

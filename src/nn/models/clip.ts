import { z } from 'zod';
import { div, mul } from '../../graph/ops/binary/ops.ts';
import { exp } from '../../graph/ops/elementwise/ops.ts';
import { matmul } from '../../graph/ops/matmul/ops.ts';
import { matrixTranspose } from '../../graph/ops/movement/shape-ops.ts';
import { reduceL2 } from '../../graph/ops/reduction/ops.ts';
import type { Value } from '../../graph/value.ts';
import { positive } from '../config.ts';
import type { Scope } from '../scope.ts';
import { clipTextConfig, clipTextWithProjection, type ClipTextInputs } from './clip-text.ts';
import { clipVisionConfig, clipVisionWithProjection } from './clip-vision.ts';

/** transformers' CLIPConfig. */
export const clipConfig = z.object({
  text_config: clipTextConfig,
  vision_config: clipVisionConfig,
  projection_dim: positive.default(512),
  logit_scale_init_value: z.number().default(2.6592),
});
export type ClipConfig = z.output<typeof clipConfig>;

export interface ClipInputs extends ClipTextInputs {
  /** [I, C, H, W] */
  readonly pixels: Value;
}

export interface ClipOutput {
  /** Of length 1, [T, projection_dim]. */
  readonly textEmbeds: Value;
  /** Of length 1, [I, projection_dim]. */
  readonly imageEmbeds: Value;
  /** Scaled cosines of each text with each image, [T, I]. */
  readonly logitsPerText: Value;
}

/**
 * CLIPModel of transformers: texts and images in one space (arXiv 2103.00020, figure 3). No command
 * needs both halves; it stays here, for it is what published checkpoints hold.
 */
export function clipModel(scope: Scope, config: ClipConfig, inputs: ClipInputs): ClipOutput {
  const { projection_dim } = config;
  const text = clipTextWithProjection(scope, { ...config.text_config, projection_dim }, inputs);
  const vision = { ...config.vision_config, projection_dim };
  const image = clipVisionWithProjection(scope, vision, inputs.pixels);
  const [textEmbeds, imageEmbeds] = [text.embeds, image.embeds].map(normalised);
  const init = { kind: 'constant', value: config.logit_scale_init_value } as const;
  const scale = exp(scope.parameter('logit_scale', [], init));
  const cosines = matmul(textEmbeds, matrixTranspose(imageEmbeds)); // [T, I]
  return { textEmbeds, imageEmbeds, logitsPerText: mul(cosines, scale) };
}

function normalised(x: Value): Value {
  return div(x, reduceL2(x, { axes: [-1], keepdims: true }));
}

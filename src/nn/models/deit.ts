import { z } from 'zod';
import { add, mul } from '../../graph/ops/binary/ops.ts';
import { concat } from '../../graph/ops/movement/join-ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf } from '../config.ts';
import { layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { normal, type Scope } from '../scope.ts';
import type { ClassifierOptions, ClassifierOutput } from './classifier.ts';
import { vitEmbeddings } from './vit-embeddings.ts';
import { vitEncoder } from './vit-encoder.ts';
import { vitConfig } from './vit.ts';

/** The class of transformers whose head also reads the distillation token. */
const withTeacher = 'DeiTForImageClassificationWithTeacher';

/** transformers' DeiTConfig; which heads there are, the class among `architectures` tells. */
export const deitConfig = vitConfig.extend({ architectures: z.array(z.string()).nullish() });
export type DeiTConfig = z.output<typeof deitConfig>;

/**
 * DeiTForImageClassification of transformers (arXiv 2012.12877), and the class
 * `...WithTeacher`, whose logits are the mean of those of two heads; x is [B, C, H, W].
 */
export function deit(
  scope: Scope,
  config: DeiTConfig,
  x: Value,
  options: ClassifierOptions = {},
): ClassifierOutput {
  const special = ['cls_token', 'distillation_token'];
  const tokens = vitEmbeddings(scope.within('deit.embeddings'), config, x, special);
  const hidden = vitEncoder(scope.within('deit.encoder'), config, tokens, options.dropPath);
  const last = hidden.at(-1)!; // [B, 2 + P, D]
  const normalised = layerNorm(scope.within('deit.layernorm'), last, config.layer_norm_eps);
  const head = (name: string, features: Value): Value =>
    linear(scope.within(name), features, labelsOf(config).length, { init: normal(0.02) });
  const classFeatures = tokenAt(normalised, 0); // [B, D]
  if (!config.architectures?.includes(withTeacher)) {
    return { logits: head('classifier', classFeatures), features: classFeatures, hidden };
  }
  const distilled = tokenAt(normalised, 1); // [B, D]
  const logits = mul(
    add(head('cls_classifier', classFeatures), head('distillation_classifier', distilled)),
    0.5,
  );
  return { logits, features: concat([classFeatures, distilled], 1), hidden };
}

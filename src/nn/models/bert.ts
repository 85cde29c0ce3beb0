import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { tanh } from '../../graph/ops/elementwise/ops.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import type { Value } from '../../graph/value.ts';
import { labelsOf, layers, positive } from '../config.ts';
import { embedding, layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { positionEmbedding } from '../layers/positions.ts';
import { normal, type Scope } from '../scope.ts';
import { postNormEncoder, type PostNormLayerNames } from './post-norm-encoder.ts';
import { textLabels, type TextClassifierOutput, type TextInputs } from './text-classifier.ts';

const off = z.literal(false).default(false);

/** transformers' BertConfig. */
export const bertConfig = z.object({
  ...textLabels,
  vocab_size: positive.default(30_522),
  hidden_size: positive.default(768),
  num_hidden_layers: layers.default(12),
  num_attention_heads: positive.default(12),
  intermediate_size: positive.default(3072),
  hidden_act: z.string().default('gelu'),
  max_position_embeddings: positive.default(512),
  type_vocab_size: positive.default(2),
  layer_norm_eps: z.number().default(1e-12),
  position_embedding_type: z.literal('absolute').default('absolute'),
  is_decoder: off,
  add_cross_attention: off,
});
export type BertConfig = z.output<typeof bertConfig>;

export interface BertInputs extends TextInputs {
  /** int64 [B, T], which text of a pair a token belongs to. Default: all to the first. */
  readonly types?: Value;
}

const init = normal(0.02);

const names: PostNormLayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attended: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  wide: 'intermediate.dense',
  narrow: 'output.dense',
  norm: 'output.LayerNorm',
};

/** BertForSequenceClassification of transformers (arXiv 1810.04805). */
export function bert(scope: Scope, config: BertConfig, inputs: BertInputs): TextClassifierOutput {
  const body = scope.within('bert');
  const embedded = embeddings(body.within('embeddings'), config, inputs); // [B, T, D]
  const encoder = {
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    inner: config.intermediate_size,
    activation: config.hidden_act,
    epsilon: config.layer_norm_eps,
  };
  const hidden = postNormEncoder(body.within('encoder'), names, encoder, embedded, inputs.mask);
  const first = tokenAt(hidden.at(-1)!, 0); // [B, D]
  const pooled = linear(body.within('pooler.dense'), first, config.hidden_size, { init });
  const features = tanh(pooled);
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

function embeddings(scope: Scope, config: BertConfig, { ids, types }: BertInputs): Value {
  const { hidden_size: width, max_position_embeddings: places, type_vocab_size: kinds } = config;
  const words = embedding(scope.within('word_embeddings'), ids, config.vocab_size, width);
  const positions = scope.within('position_embeddings');
  const placed = add(words, positionEmbedding(positions, ids, places, width));
  const ofType = scope.within('token_type_embeddings');
  const typed = types
    ? embedding(ofType, types, kinds, width)
    : slice(ofType.parameter('weight', [kinds, width], init), { axis: 0, end: 1 }); // [1, D]
  return layerNorm(scope.within('LayerNorm'), add(placed, typed), config.layer_norm_eps);
}

import { z } from 'zod';
import { add } from '../../graph/ops/binary/ops.ts';
import { relu } from '../../graph/ops/elementwise/ops.ts';
import { labelsOf, layers, positive } from '../config.ts';
import { embedding, layerNorm, linear, tokenAt } from '../layers/basic.ts';
import { positionEmbedding } from '../layers/positions.ts';
import { normal, type Scope } from '../scope.ts';
import { postNormEncoder, type PostNormLayerNames } from './post-norm-encoder.ts';
import { textLabels, type TextClassifierOutput, type TextInputs } from './text-classifier.ts';

/** transformers' DistilBertConfig. */
export const distilBertConfig = z.object({
  ...textLabels,
  vocab_size: positive.default(30_522),
  dim: positive.default(768),
  n_layers: layers.default(6),
  n_heads: positive.default(12),
  hidden_dim: positive.default(3072),
  activation: z.string().default('gelu'),
  max_position_embeddings: positive.default(512),
});
export type DistilBertConfig = z.output<typeof distilBertConfig>;

const init = normal(0.02);
const epsilon = 1e-12;

const names: PostNormLayerNames = {
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attended: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  wide: 'ffn.lin1',
  narrow: 'ffn.lin2',
  norm: 'output_layer_norm',
};

/** DistilBertForSequenceClassification of transformers (arXiv 1910.01108). */
export function distilBert(
  scope: Scope,
  config: DistilBertConfig,
  { ids, mask }: TextInputs,
): TextClassifierOutput {
  const { dim: width, max_position_embeddings: places } = config;
  const at = scope.within('distilbert.embeddings');
  const words = embedding(at.within('word_embeddings'), ids, config.vocab_size, width);
  const positions = at.within('position_embeddings');
  const placed = add(words, positionEmbedding(positions, ids, places, width));
  const embedded = layerNorm(at.within('LayerNorm'), placed, epsilon); // [B, T, D]
  const encoder = {
    layers: config.n_layers,
    heads: config.n_heads,
    inner: config.hidden_dim,
    activation: config.activation,
    epsilon,
  };
  const body = scope.within('distilbert.transformer');
  const hidden = postNormEncoder(body, names, encoder, embedded, mask);
  const first = tokenAt(hidden.at(-1)!, 0); // [B, D]
  const features = relu(linear(scope.within('pre_classifier'), first, width, { init }));
  const logits = linear(scope.within('classifier'), features, labelsOf(config).length, { init });
  return { logits, features, hidden };
}

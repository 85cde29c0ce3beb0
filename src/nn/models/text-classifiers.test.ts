import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { int64, toNumbers } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { bert, bertConfig } from './bert.ts';
import { distilBert, distilBertConfig } from './distilbert.ts';
import type { TextClassifierOutput, TextInputs } from './text-classifier.ts';

const shared = { vocab_size: 10, max_position_embeddings: 6, num_labels: 3 };
const ofBert = bertConfig.parse({
  ...shared,
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
});
const ofDistilBert = distilBertConfig.parse({
  ...shared,
  dim: 4,
  n_layers: 1,
  n_heads: 2,
  hidden_dim: 8,
});

type Model = (scope: Scope, inputs: TextInputs) => TextClassifierOutput;
const models: Readonly<Record<string, Model>> = {
  bert: (scope, inputs) => bert(scope, ofBert, inputs),
  distilbert: (scope, inputs) => distilBert(scope, ofDistilBert, inputs),
};

const ids = input('ids', 'int64', [2, 5]);
const mask = input('mask', 'int64', [2, 5]);

describe('parameters have the names and shapes of published checkpoints', () => {
  it('bert', () => {
    expect(built((scope) => models['bert'](scope, { ids }).logits).layout).toMatchInlineSnapshot(`
      "bert.embeddings.word_embeddings 10x4
      bert.embeddings.position_embeddings 6x4
      bert.embeddings.token_type_embeddings 2x4
      bert.embeddings.LayerNorm 4 bias
      bert.encoder.layer.0.attention.self.query 4x4 bias
      bert.encoder.layer.0.attention.self.key 4x4 bias
      bert.encoder.layer.0.attention.self.value 4x4 bias
      bert.encoder.layer.0.attention.output.dense 4x4 bias
      bert.encoder.layer.0.attention.output.LayerNorm 4 bias
      bert.encoder.layer.0.intermediate.dense 8x4 bias
      bert.encoder.layer.0.output.dense 4x8 bias
      bert.encoder.layer.0.output.LayerNorm 4 bias
      bert.pooler.dense 4x4 bias
      classifier 3x4 bias"
    `);
  });

  it('distilbert', () => {
    expect(built((scope) => models['distilbert'](scope, { ids }).logits).layout)
      .toMatchInlineSnapshot(`
      "distilbert.embeddings.word_embeddings 10x4
      distilbert.embeddings.position_embeddings 6x4
      distilbert.embeddings.LayerNorm 4 bias
      distilbert.transformer.layer.0.attention.q_lin 4x4 bias
      distilbert.transformer.layer.0.attention.k_lin 4x4 bias
      distilbert.transformer.layer.0.attention.v_lin 4x4 bias
      distilbert.transformer.layer.0.attention.out_lin 4x4 bias
      distilbert.transformer.layer.0.sa_layer_norm 4 bias
      distilbert.transformer.layer.0.ffn.lin1 8x4 bias
      distilbert.transformer.layer.0.ffn.lin2 4x8 bias
      distilbert.transformer.layer.0.output_layer_norm 4 bias
      pre_classifier 4x4 bias
      classifier 3x4 bias"
    `);
  });
});

describe.each(Object.keys(models))('%s', (name) => {
  it('does not see padding', async () => {
    const scope = Scope.root();
    const { logits } = models[name](scope, { ids, mask });
    const weights = Object.fromEntries(initialise(scope.declared, counterRandom(1)));
    const logitsOf = async (...tokens: number[]): Promise<number[]> => {
      const feeds = {
        ids: int64([2, 5], tokens),
        mask: int64([2, 5], [1, 1, 1, 0, 0, 1, 1, 1, 1, 1]),
      };
      return toNumbers((await evaluate({ logits }, { ...weights, ...feeds }))['logits']);
    };
    const before = await logitsOf(1, 2, 3, 4, 5, 1, 2, 3, 4, 5);
    const after = await logitsOf(1, 2, 3, 9, 9, 1, 2, 3, 9, 9);
    expect(before).toHaveLength(6);
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    expect(after.slice(3)).not.toEqual(before.slice(3));
  });

  it('refuses texts that are longer than its positions', () => {
    const long = input('ids', 'int64', [1, 7]);
    expect(() => models[name](Scope.root(), { ids: long })).toThrow(
      '7 tokens are more than the 6 positions',
    );
  });
});

it('takes all tokens to be of the first text, unless told', async () => {
  const types = input('types', 'int64', [2, 5]);
  const scope = Scope.root();
  const [told, untold] = [
    bert(scope, ofBert, { ids, types }).logits,
    bert(Scope.root(), ofBert, { ids }).logits,
  ];
  const weights = Object.fromEntries(initialise(scope.declared, counterRandom(1)));
  const feeds = { ...weights, ids: int64([2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]) };
  const all = async (type: number): Promise<number[]> =>
    toNumbers(
      (await evaluate({ told }, { ...feeds, types: int64([2, 5], Array(10).fill(type)) }))['told'],
    );
  const results = await evaluate({ untold }, feeds);
  expect(await all(0)).toEqual(toNumbers(results['untold']));
  expect(await all(1)).not.toEqual(toNumbers(results['untold']));
});

it.each([
  ['problem_type', 'regression'],
  ['problem_type', 'multi_label_classification'],
  ['is_decoder', true],
  ['position_embedding_type', 'relative_key'],
])('refuses %s %s', (field, value) => {
  const { error } = bertConfig.safeParse({ ...shared, [field]: value });
  expect(error?.issues[0].path).toEqual([field]);
});

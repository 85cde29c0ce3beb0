import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { int64, toNumbers } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { clipText, clipTextConfig } from './clip-text.ts';

const config = clipTextConfig.parse({
  vocab_size: 10,
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
});

test('CLIPTextModel has the names and shapes of published checkpoints', () => {
  const ids = input('ids', 'int64', [1, 77]);
  const { layout, shape } = built((scope) => clipText(scope, config, { ids }).lastHiddenState);
  expect(shape).toEqual([1, 77, 4]);
  expect(layout).toMatchInlineSnapshot(`
    "embeddings.token_embedding 10x4
    embeddings.position_embedding 77x4
    encoder.layers.0.layer_norm1 4 bias
    encoder.layers.0.self_attn.q_proj 4x4 bias
    encoder.layers.0.self_attn.k_proj 4x4 bias
    encoder.layers.0.self_attn.v_proj 4x4 bias
    encoder.layers.0.self_attn.out_proj 4x4 bias
    encoder.layers.0.layer_norm2 4 bias
    encoder.layers.0.mlp.fc1 8x4 bias
    encoder.layers.0.mlp.fc2 4x8 bias
    final_layer_norm 4 bias"
  `);
});

/** What the encoder makes of five tokens, the same weights each time. */
async function encoded(
  ids: readonly number[],
  end = 2,
): Promise<[states: number[], pooled: number[]]> {
  const scope = Scope.root();
  const { lastHiddenState, pooled } = clipText(
    scope,
    { ...config, eos_token_id: end },
    { ids: input('ids', 'int64', [1, 5]) },
  );
  const weights = Object.fromEntries(initialise(scope.declared, counterRandom(1)));
  const results = await evaluate(
    { lastHiddenState, pooled },
    { ...weights, ids: int64([1, 5], ids) },
  );
  return [toNumbers(results['lastHiddenState']), toNumbers(results['pooled'])];
}

test('a token sees those before it and none after it', async () => {
  const [one] = await encoded([1, 2, 3, 4, 9]);
  const [other] = await encoded([1, 2, 3, 5, 9]);
  expect(other.slice(0, 12)).toEqual(one.slice(0, 12));
  expect(other.slice(12, 16)).not.toEqual(one.slice(12, 16));
  expect(other.slice(16)).not.toEqual(one.slice(16));
});

test('the pooled state is that of the end token: the largest, or the first that is named', async () => {
  const [states, pooled] = await encoded([1, 9, 3, 9, 4]);
  expect(pooled).toEqual(states.slice(4, 8));
  const [again, named] = await encoded([1, 9, 3, 9, 3], 3);
  expect(named).toEqual(again.slice(8, 12));
});

import { expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { gradients } from '../../graph/autodiff/gradients.ts';
import { graphOf } from '../../graph/graph.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { float32, toNumbers } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { vitMae, vitMaeConfig } from './vit-mae.ts';

const config = vitMaeConfig.parse({
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  image_size: 8,
  patch_size: 4,
  decoder_hidden_size: 8,
  decoder_num_hidden_layers: 1,
  decoder_num_attention_heads: 2,
  decoder_intermediate_size: 6,
});
const inputs = {
  pixels: input('pixels', 'float32', [2, 3, 8, 8]),
  noise: input('noise', 'float32', [2, 4]),
};
const random = counterRandom(1);
const noise = float32([2, 4], [0.3, 0.1, 0.4, 0.2, 0.7, 0.8, 0.6, 0.5]);
const pictures = (): ReturnType<typeof float32> =>
  float32(
    [2, 3, 8, 8],
    Array.from({ length: 384 }, () => random.normal()),
  );

it('has an encoder and a decoder with positions that are not learnt', () => {
  const { layout, shape } = built((scope) => vitMae(scope, config, inputs).logits);
  expect(shape).toEqual([2, 4, 48]);
  expect(layout).toMatchInlineSnapshot(`
    "vit.embeddings.patch_embeddings.projection 4x3x4x4 bias
    vit.embeddings.cls_token 1x1x4
    vit.encoder.layer.0.layernorm_before 4 bias
    vit.encoder.layer.0.attention.attention.query 4x4 bias
    vit.encoder.layer.0.attention.attention.key 4x4 bias
    vit.encoder.layer.0.attention.attention.value 4x4 bias
    vit.encoder.layer.0.attention.output.dense 4x4 bias
    vit.encoder.layer.0.layernorm_after 4 bias
    vit.encoder.layer.0.intermediate.dense 8x4 bias
    vit.encoder.layer.0.output.dense 4x8 bias
    vit.layernorm 4 bias
    decoder.decoder_embed 8x4 bias
    decoder.mask_token 1x1x8
    decoder.decoder_encoder.layer.0.layernorm_before 8 bias
    decoder.decoder_encoder.layer.0.attention.attention.query 8x8 bias
    decoder.decoder_encoder.layer.0.attention.attention.key 8x8 bias
    decoder.decoder_encoder.layer.0.attention.attention.value 8x8 bias
    decoder.decoder_encoder.layer.0.attention.output.dense 8x8 bias
    decoder.decoder_encoder.layer.0.layernorm_after 8 bias
    decoder.decoder_encoder.layer.0.intermediate.dense 6x8 bias
    decoder.decoder_encoder.layer.0.output.dense 8x6 bias
    decoder.decoder_norm 8 bias
    decoder.decoder_pred 48x8 bias
    vit.embeddings.position_embeddings 1x5x4
    decoder.decoder_pos_embed 1x5x8"
  `);
  const scope = Scope.root();
  vitMae(scope, config, inputs);
  expect([...scope.declared.buffers.keys()]).toEqual([
    'vit.embeddings.position_embeddings',
    'decoder.decoder_pos_embed',
  ]);
});

it('keeps the patches with the smallest numbers', async () => {
  const scope = Scope.root();
  const { mask, places, encoded } = vitMae(scope, config, inputs);
  const weights = Object.fromEntries(initialise(scope.declared, random));
  const results = await evaluate(
    { mask, places, encoded },
    { ...weights, noise, pixels: pictures() },
  );
  expect(toNumbers(results['mask'])).toEqual([1, 0, 1, 1, 1, 1, 1, 0]);
  expect(toNumbers(results['places'])).toEqual([2, 0, 3, 1, 2, 3, 1, 0]);
  expect(results['encoded'].shape).toEqual([2, 2, 4]);
});

it('is judged by what the encoder has not seen, and sees nothing of it', async () => {
  const scope = Scope.root({ training: true });
  const { loss, logits } = vitMae(scope, config, inputs);
  const [slope] = gradients(loss, [logits]);
  const weights = Object.fromEntries(initialise(scope.declared, random));
  const before = pictures();
  // Another colour for the first patch, which noise hides in both pictures.
  const data = before.data.map((x, i) => (i % 64 < 32 && i % 8 < 4 ? x + 1 : x));
  const feeds = { ...weights, noise };
  const [one, other] = [
    await evaluate({ logits, slope }, { ...feeds, pixels: before }),
    await evaluate({ logits }, { ...feeds, pixels: float32([2, 3, 8, 8], data) }),
  ];
  expect(toNumbers(other['logits'])).toEqual(toNumbers(one['logits']));
  const moved = Array.from({ length: 8 }, (_, patch) =>
    toNumbers(one['slope'])
      .slice(48 * patch, 48 * (patch + 1))
      .some((x) => x !== 0),
  );
  expect(moved).toEqual([true, false, true, true, true, true, true, false]);
});

it('needs all parameters that it declares', () => {
  const scope = Scope.root({ training: true });
  const { loss } = vitMae(scope, config, inputs);
  const used = graphOf({ loss }).parameters;
  expect([...scope.declared.parameters.keys()].filter((name) => !used.has(name))).toEqual([]);
});

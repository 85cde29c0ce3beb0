import { expect, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { float32, int64, toNumbers } from '../../tensor/tensor.ts';
import { initialise, Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { clipConfig, clipModel } from './clip.ts';
import { clipVisionConfig, clipVisionWithProjection } from './clip-vision.ts';

const encoder = {
  hidden_size: 4,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};
const config = clipConfig.parse({
  text_config: { ...encoder, vocab_size: 10 },
  vision_config: { ...encoder, image_size: 4, patch_size: 2 },
  projection_dim: 3,
  logit_scale_init_value: Math.log(20),
});

const pixels = input('pixels', 'float32', [2, 3, 4, 4]);

test('CLIPVisionModelWithProjection has the names and shapes of published checkpoints', () => {
  const vision = clipVisionConfig.parse({ ...config.vision_config, projection_dim: 3 });
  const { layout, shape } = built(
    (scope) => clipVisionWithProjection(scope, vision, pixels).embeds,
  );
  expect(shape).toEqual([2, 3]);
  expect(layout).toMatchInlineSnapshot(`
    "vision_model.embeddings.class_embedding 4
    vision_model.embeddings.patch_embedding 4x3x2x2
    vision_model.embeddings.position_embedding 5x4
    vision_model.pre_layrnorm 4 bias
    vision_model.encoder.layers.0.layer_norm1 4 bias
    vision_model.encoder.layers.0.self_attn.q_proj 4x4 bias
    vision_model.encoder.layers.0.self_attn.k_proj 4x4 bias
    vision_model.encoder.layers.0.self_attn.v_proj 4x4 bias
    vision_model.encoder.layers.0.self_attn.out_proj 4x4 bias
    vision_model.encoder.layers.0.layer_norm2 4 bias
    vision_model.encoder.layers.0.mlp.fc1 8x4 bias
    vision_model.encoder.layers.0.mlp.fc2 4x8 bias
    vision_model.post_layernorm 4 bias
    visual_projection 3x4"
  `);
});

test('a picture of another size than the patches are counted for is refused', () => {
  const large = input('pixels', 'float32', [1, 3, 6, 4]);
  expect(() => clipVisionWithProjection(Scope.root(), config.vision_config, large)).toThrow(
    'do not broadcast',
  );
});

test('CLIPModel scales the cosines between texts and pictures', async () => {
  const scope = Scope.root();
  const ids = input('ids', 'int64', [3, 5]);
  const outputs = clipModel(scope, config, { ids, pixels });
  const random = counterRandom(2);
  const results = await evaluate(
    { ...outputs },
    {
      ...Object.fromEntries(initialise(scope.declared, counterRandom(1))),
      ids: int64([3, 5], [1, 2, 9, 0, 0, 3, 9, 0, 0, 0, 1, 2, 9, 0, 0]),
      pixels: float32(
        [2, 3, 4, 4],
        Array.from({ length: 96 }, () => random.normal()),
      ),
    },
  );
  const rows = (name: keyof typeof outputs, length: number): number[][] => {
    const values = toNumbers(results[name]);
    return Array.from({ length: values.length / length }, (_, i) =>
      values.slice(i * length, (i + 1) * length),
    );
  };
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [texts, images] = [rows('textEmbeds', 3), rows('imageEmbeds', 3)];
  for (const embeds of [...texts, ...images]) expect(dot(embeds, embeds)).toBeCloseTo(1, 5);
  const logits = rows('logitsPerText', 2);
  texts.forEach((text, t) =>
    images.forEach((image, i) => expect(logits[t][i]).toBeCloseTo(20 * dot(text, image), 4)),
  );
  expect(logits[2]).toEqual(logits[0]);
  expect(logits[1]).not.toEqual(logits[0]);
});

import { input, type Value } from '../../../src/graph/value.ts';
import type { ClassifierOutput } from '../../../src/nn/models/classifier.ts';
import { maeVit, maeVitConfig } from '../../../src/nn/models/mae-vit.ts';
import { resnet, resnetConfig } from '../../../src/nn/models/resnet.ts';
import { vit, vitConfig } from '../../../src/nn/models/vit.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { tensor, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

const models: Readonly<Record<string, (config: object, x: Value) => ClassifierOutput>> = {
  'transformers.ViTForImageClassification': (config, x) =>
    vit(Scope.root(), vitConfig.parse(config), x),
  'transformers.ResNetForImageClassification': (config, x) =>
    resnet(Scope.root(), resnetConfig.parse(config), x),
  'MaeViT (model.py)': (config, x) => maeVit(Scope.root(), maeVitConfig.parse(config), x),
};

/** Logits, features and hidden states of every run. */
export async function check(golden: GoldenCase): Promise<void> {
  const weights = readWeights(golden.path('model.safetensors'));
  for (const name of golden.tensors().keys()) {
    const [, run] = /^(.*?)in\.pixel_values$/.exec(name) ?? [];
    if (run === undefined) continue;
    const pixels = golden.tensor(name);
    const x = input('x', 'float32', pixels.shape);
    const { logits, features, hidden } = models[golden.info.class](golden.json('config.json'), x);
    const outputs = Object.fromEntries([
      [`${run}out.logits`, logits],
      [`${run}out.features`, features],
      ...hidden.map((value, i) => [`${run}mid.hidden_states.${i}`, value] as const),
    ]);
    const results = await compute(outputs, weights, { x: pixels });
    for (const [output, actual] of Object.entries(results)) {
      const expected = golden.tensors().get(output);
      if (expected) golden.compareWith(output, head(actual, expected.shape[0]), expected);
    }
  }
}

/** The first samples of a batch: intermediate results are stored for few of them. */
export function head(t: Tensor, count: number): Tensor {
  const size = t.data.length / t.shape[0];
  const data = t.data.slice(0, count * size) as Float32Array;
  return tensor('float32', [count, ...t.shape.slice(1)], data);
}

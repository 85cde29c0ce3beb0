import { input, type Value } from '../../../src/graph/value.ts';
import type { RawConfig } from '../../../src/nn/config.ts';
import type { ClassifierOutput } from '../../../src/nn/models/classifier.ts';
import { maeVit, maeVitConfig } from '../../../src/nn/models/mae-vit.ts';
import { classifierFrom } from '../../../src/nn/models/registry.ts';
import { segformerConfig } from '../../../src/nn/models/segformer-encoder.ts';
import { segformer } from '../../../src/nn/models/segformer.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { tensor, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

/** Segmentation models have no features. */
type Build = (
  golden: GoldenCase,
  x: Value,
) => Omit<ClassifierOutput, 'features'> & {
  readonly features?: Value;
};

/** As the registry builds it. */
const registered: Build = (golden, x) =>
  classifierFrom(golden.json<RawConfig>('config.json'), golden.path('config.json')).build(
    Scope.root(),
    x,
  );

const models: Readonly<Record<string, Build>> = {
  'transformers.ConvNextForImageClassification': registered,
  'transformers.DeiTForImageClassification': registered,
  'transformers.DeiTForImageClassificationWithTeacher': registered,
  'transformers.MobileNetV2ForImageClassification': registered,
  'transformers.ResNetForImageClassification': registered,
  'transformers.SegformerForSemanticSegmentation': (golden, x) =>
    segformer(Scope.root(), segformerConfig.parse(golden.json('config.json')), x),
  'transformers.SwinForImageClassification': registered,
  'transformers.ViTForImageClassification': registered,
  'MaeViT (model.py)': (golden, x) =>
    maeVit(Scope.root(), maeVitConfig.parse(golden.json('config.json')), x),
};

/** Logits, features and hidden states of every run. */
export async function check(golden: GoldenCase): Promise<void> {
  const weights = readWeights(golden.path('model.safetensors'));
  for (const name of golden.tensors().keys()) {
    const [, run] = /^(.*?)in\.pixel_values$/.exec(name) ?? [];
    if (run === undefined) continue;
    const pixels = golden.tensor(name);
    const x = input('x', 'float32', pixels.shape);
    const { logits, features, hidden } = models[golden.info.class](golden, x);
    const outputs = Object.fromEntries([
      [`${run}out.logits`, logits],
      ...(features ? [[`${run}out.features`, features] as const] : []),
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

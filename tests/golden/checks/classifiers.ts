import { input, type Value } from '../../../src/graph/value.ts';
import type { RawConfig } from '../../../src/nn/config.ts';
import { bert, bertConfig } from '../../../src/nn/models/bert.ts';
import type { ClassifierOutput } from '../../../src/nn/models/classifier.ts';
import { distilBert, distilBertConfig } from '../../../src/nn/models/distilbert.ts';
import { classifierFrom } from '../../../src/nn/models/registry.ts';
import { resnet } from '../../../src/nn/models/resnet.ts';
import { segformerConfig } from '../../../src/nn/models/segformer-encoder.ts';
import { segformer } from '../../../src/nn/models/segformer.ts';
import {
  resnetNameOfTimm,
  resnetOfTimm,
  timmResnetConfig,
} from '../../../src/nn/models/timm-resnet.ts';
import { vitMae, vitMaeConfig } from '../../../src/nn/models/vit-mae.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { tensor, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { maeVitOf } from '../mae-config.ts';
import { compute, readWeights } from '../run-model.ts';

type Values = Readonly<Record<string, Value>>;

interface Model {
  /** The expectations, by name, from the inputs. */
  readonly build: (golden: GoldenCase, inputs: Values) => Values;
  /** The name in the model of a tensor of the file. Default: the same. */
  readonly rename?: (name: string) => string;
  /** Expectations that this program has nothing to hold against, by name, and why. */
  readonly lacks?: Readonly<Record<string, string>>;
}

const numbered = (prefix: string, values: readonly Value[]): Values =>
  Object.fromEntries(values.map((value, i) => [`${prefix}.${i}`, value]));

const expectations = (
  output: Pick<ClassifierOutput, 'logits' | 'hidden'> & { readonly features?: Value },
): Values => ({
  'out.logits': output.logits,
  ...(output.features ? { 'out.features': output.features } : {}),
  ...numbered('mid.hidden_states', output.hidden),
});

/** An image classifier as the registry builds it. */
const registered: Model = {
  build: (golden, { pixel_values: x }) => {
    const config = golden.json<RawConfig>('config.json');
    const classifier = classifierFrom(config, golden.path('config.json'));
    return expectations(classifier.build(Scope.root(), x));
  },
};

const models: Readonly<Record<string, Model>> = {
  'transformers.BertForSequenceClassification': {
    build: (golden, { input_ids: ids, attention_mask: mask, token_type_ids: types }) =>
      expectations(
        bert(Scope.root(), bertConfig.parse(golden.json('config.json')), { ids, mask, types }),
      ),
  },
  'transformers.ConvNextForImageClassification': registered,
  'transformers.DeiTForImageClassification': registered,
  'transformers.DeiTForImageClassificationWithTeacher': registered,
  'transformers.DistilBertForSequenceClassification': {
    build: (golden, { input_ids: ids, attention_mask: mask }) =>
      expectations(
        distilBert(Scope.root(), distilBertConfig.parse(golden.json('config.json')), { ids, mask }),
      ),
  },
  'transformers.MobileNetV2ForImageClassification': registered,
  'transformers.ResNetForImageClassification': registered,
  'transformers.SegformerForSemanticSegmentation': {
    build: (golden, { pixel_values: x }) =>
      expectations(segformer(Scope.root(), segformerConfig.parse(golden.json('config.json')), x)),
  },
  'transformers.SwinForImageClassification': registered,
  'transformers.ViTForImageClassification': registered,
  'transformers.ViTMAEForPreTraining': {
    build: (golden, { pixel_values: pixels, noise }) => {
      const config = vitMaeConfig.parse(golden.json('config.json'));
      const output = vitMae(Scope.root(), config, { pixels, noise });
      return {
        'out.loss': output.loss,
        'out.logits': output.logits,
        'out.encoder': output.encoded,
        'out.mask': output.mask,
        'out.ids_restore': output.places,
      };
    },
  },
  'MaeViT (model.py)': {
    build: (golden, { pixel_values: x }) =>
      expectations(maeVitOf(golden.json('config.json'))(Scope.root(), x)),
  },
  'timm.models.resnet.ResNet': {
    build: (golden, { pixel_values: x }) => {
      const config = resnetOfTimm(timmResnetConfig.parse(golden.json('config.json')));
      const { logits, hidden } = resnet(Scope.root(), config, x);
      const { 'mid.stage.0': _, ...stages } = numbered('mid.stage', hidden);
      return { 'out.logits': logits, ...stages };
    },
    rename: resnetNameOfTimm,
    lacks: { 'mid.stage.0': 'it is before the pooling in timm, after it here' },
  },
};

/** Everything that each run of a case expects. */
export async function check(golden: GoldenCase): Promise<void> {
  const { build, rename = (name: string) => name, lacks = {} } = models[golden.info.class];
  const stored = readWeights(golden.path('model.safetensors'));
  const weights = new Map([...stored].map(([name, t]) => [rename(name), t]));
  for (const [run, given] of runsOf(golden)) {
    const inputs = Object.entries(given).map(
      ([name, { dtype, shape }]) => [name, input(name, dtype, shape)] as const,
    );
    const results = await compute(build(golden, Object.fromEntries(inputs)), weights, given);
    for (const name of golden.tensors().keys()) {
      const output = name.startsWith(run) ? name.slice(run.length) : '';
      if (!/^(?:out|mid)\./.test(output) || output in results) continue;
      if (output in lacks) golden.leaveOut(name, lacks[output]);
      else golden.fail(`nothing gives ${name}`);
    }
    for (const [output, actual] of Object.entries(results)) {
      const expected = golden.tensors().get(run + output);
      if (expected) golden.compareWith(run + output, head(actual, expected.shape[0]), expected);
    }
  }
}

/** The inputs of each run, by the beginning of its names. */
function runsOf(golden: GoldenCase): ReadonlyMap<string, Record<string, Tensor>> {
  const runs = new Map<string, Record<string, Tensor>>();
  for (const [name, t] of golden.tensors()) {
    const match = /^(.*?)in\.(\w+)$/.exec(name);
    if (match) runs.set(match[1], { ...runs.get(match[1]), [match[2]]: t });
  }
  return runs;
}

/** The first samples of a batch: intermediate results are stored for few of them. */
export function head(t: Tensor, count = t.shape[0]): Tensor {
  if (t.shape[0] === count) return t;
  const size = t.data.length / t.shape[0];
  const data = t.data.slice(0, count * size) as Float32Array;
  return tensor('float32', [count, ...t.shape.slice(1)], data);
}

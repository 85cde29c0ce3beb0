import { input, type Value } from '../../../src/graph/value.ts';
import { transpose } from '../../../src/graph/ops/movement/shape-ops.ts';
import { clipConfig, clipModel } from '../../../src/nn/models/clip.ts';
import {
  clipText,
  clipTextConfig,
  clipTextName,
  clipTextWithProjection,
  type ClipTextInputs,
  type ClipTextOutput,
} from '../../../src/nn/models/clip-text.ts';
import { clipVisionConfig, clipVisionWithProjection } from '../../../src/nn/models/clip-vision.ts';
import { Scope } from '../../../src/nn/scope.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';
import { head } from './classifiers.ts';

type Outputs = Readonly<Record<string, Value>>;

/** The inputs of a case, by their names in it. */
const inputOf = (golden: GoldenCase, name: string): Value => {
  const { dtype, shape } = golden.tensor(`in.${name}`);
  return input(name, dtype, shape);
};

const hiddenStates = (prefix: string, hidden: readonly Value[]): Outputs =>
  Object.fromEntries(hidden.map((value, i) => [`${prefix}mid.hidden_states.${i}`, value]));

/** A text encoder without and with the attention mask. */
function textRuns(
  golden: GoldenCase,
  encode: (inputs: ClipTextInputs) => ClipTextOutput & { readonly embeds?: Value },
): Outputs[] {
  const ids = inputOf(golden, 'input_ids');
  const runs = { plain: undefined, masked: inputOf(golden, 'attention_mask') };
  return Object.entries(runs).map(([run, mask]) => {
    const { lastHiddenState, pooled, embeds, hidden } = encode({ ids, mask });
    return {
      [`${run}.last_hidden_state`]: lastHiddenState,
      [`${run}.pooler_output`]: pooled,
      ...(embeds ? { [`${run}.text_embeds`]: embeds } : {}),
      ...hiddenStates(`${run}.`, hidden),
    };
  });
}

/** What a case's model computes in each run, under the names of its expectations. */
const models: Readonly<Record<string, (golden: GoldenCase) => Outputs[]>> = {
  'transformers.CLIPTextModel': (golden) => {
    const config = clipTextConfig.parse(golden.json('config.json'));
    return textRuns(golden, (inputs) => clipText(Scope.root(), config, inputs));
  },
  'transformers.CLIPTextModelWithProjection': (golden) => {
    const config = clipTextConfig.parse(golden.json('config.json'));
    return textRuns(golden, (inputs) => clipTextWithProjection(Scope.root(), config, inputs));
  },
  'transformers.CLIPVisionModelWithProjection': (golden) => {
    const config = clipVisionConfig.parse(golden.json('config.json'));
    const pixels = inputOf(golden, 'pixel_values');
    const { lastHiddenState, embeds, hidden } = clipVisionWithProjection(
      Scope.root(),
      config,
      pixels,
    );
    return [
      {
        'out.last_hidden_state': lastHiddenState,
        'out.image_embeds': embeds,
        ...hiddenStates('', hidden),
      },
    ];
  },
  'transformers.CLIPModel': (golden) => {
    const config = clipConfig.parse(golden.json('config.json'));
    const { textEmbeds, imageEmbeds, logitsPerText } = clipModel(Scope.root(), config, {
      ids: inputOf(golden, 'input_ids'),
      mask: inputOf(golden, 'attention_mask'),
      pixels: inputOf(golden, 'pixel_values'),
    });
    return [
      {
        'out.text_embeds': textEmbeds,
        'out.image_embeds': imageEmbeds,
        'out.logits_per_text': logitsPerText,
        'out.logits_per_image': transpose(logitsPerText, [1, 0]),
      },
    ];
  },
};

/** Everything that is expected of a text encoder, a vision encoder, or both in one. */
export async function check(golden: GoldenCase): Promise<void> {
  const model = models[golden.info.class];
  if (!model) return golden.fail(`no check knows ${golden.info.class}`);
  const plain = golden.info.class === 'transformers.CLIPTextModel';
  const weights = new Map(
    [...readWeights(golden.path('model.safetensors'))].map(([name, t]) => [
      plain ? clipTextName(name) : name,
      t,
    ]),
  );
  const tensors = [...golden.tensors()];
  const given = tensors.filter(([name]) => name.startsWith('in.'));
  const inputs = Object.fromEntries(given.map(([name, t]) => [name.slice('in.'.length), t]));
  const computed: Record<string, Tensor> = {};
  for (const run of model(golden)) {
    const wanted = Object.entries(run).filter(([name]) => golden.tensors().has(name));
    Object.assign(computed, await compute(Object.fromEntries(wanted), weights, inputs));
  }
  for (const [name, expected] of tensors) {
    if (name.startsWith('in.')) continue;
    const actual = computed[name];
    if (actual) golden.compareWith(name, head(actual, expected.shape[0]), expected);
    else golden.fail(`${name} is not computed`);
  }
}

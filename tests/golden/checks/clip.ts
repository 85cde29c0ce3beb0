import { linear } from '../../../src/graph/functions/linear.ts';
import { input, parameter } from '../../../src/graph/value.ts';
import { clipText, clipTextConfig } from '../../../src/nn/models/clip-text.ts';
import { Scope } from '../../../src/nn/scope.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';
import { head } from './classifiers.ts';

/** Text encoders, with and without the attention mask. */
export async function check(golden: GoldenCase): Promise<void> {
  const config = clipTextConfig.parse(golden.json('config.json'));
  const weights = readWeights(golden.path('model.safetensors'));
  const prefixed = [...weights.keys()].some((name) => name.startsWith('text_model.'));
  const given = { ids: golden.tensor('in.input_ids'), mask: golden.tensor('in.attention_mask') };
  const ids = input('ids', 'int64', given.ids.shape);
  const masks = { plain: undefined, masked: input('mask', 'int64', given.mask.shape) };
  for (const [run, mask] of Object.entries(masks)) {
    const scope = Scope.root().within(prefixed ? 'text_model' : '');
    const { lastHiddenState, pooled, hidden } = clipText(scope, config, { ids, mask });
    const projection = weights.get('text_projection.weight');
    const outputs = Object.fromEntries([
      [`${run}.last_hidden_state`, lastHiddenState],
      projection
        ? [
            `${run}.text_embeds`,
            linear(pooled, parameter('text_projection.weight', projection.shape)),
          ]
        : [`${run}.pooler_output`, pooled],
      ...hidden.map((value, i) => [`${run}.mid.hidden_states.${i}`, value] as const),
    ]);
    const results = await compute(outputs, weights, given);
    for (const [name, actual] of Object.entries(results)) {
      const expected = golden.tensors().get(name);
      if (expected) golden.compareWith(name, head(actual, expected.shape[0]), expected);
    }
  }
}

import { input } from '../../../src/graph/value.ts';
import { unet2dCondition, unetConfig } from '../../../src/nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { toFloat32 } from '../../../src/tensor/convert.ts';
import { float32, toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

/** The network's inputs by diffusers' names of them; those of a run that has them not are left out. */
const names = {
  sample: 'sample',
  timestep: 'timestep',
  encoder_hidden_states: 'text',
  timestep_cond: 'guidance',
  text_embeds: 'pooledText',
  time_ids: 'timeIds',
} as const;

/** The prediction of every run. */
export async function check(golden: GoldenCase): Promise<void> {
  const config = unetConfig.parse(golden.json('config.json'));
  const weights = readWeights(golden.path('diffusion_pytorch_model.safetensors'));
  for (const name of golden.tensors().keys()) {
    const [, run] = /^(.*)\.out\.sample$/.exec(name) ?? [];
    if (run === undefined) continue;
    const given = inputsOf(golden, run);
    const { sample, timestep, text, ...more } = Object.fromEntries(
      Object.entries(given).map(([key, t]) => [key, input(key, t.dtype, t.shape)]),
    );
    const predicted = unet2dCondition(Scope.root(), config, { sample, timestep, text, ...more });
    const { out } = await compute({ out: predicted }, weights, given);
    golden.compare(name, out);
  }
}

/** What a run is given, under our names. Throws for an input that no network here takes. */
function inputsOf(golden: GoldenCase, run: string): Record<string, Tensor> {
  const prefix = `${run}.in.`;
  const given = [...golden.tensors()].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    given.map(([name, t]) => {
      const key = name.slice(prefix.length).split('.').at(-1)! as keyof typeof names;
      if (!(key in names)) throw new Error(`no network here takes ${name}`);
      // Time steps may be integers, and one alone may have no axis.
      return [
        names[key],
        key === 'timestep' ? float32([t.data.length], toNumbers(t)) : toFloat32(t),
      ];
    }),
  );
}

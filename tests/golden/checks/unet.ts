import { input } from '../../../src/graph/value.ts';
import { unet2dCondition, unetConfig } from '../../../src/nn/models/diffusion/unet-2d-condition.ts';
import { Scope } from '../../../src/nn/scope.ts';
import { float32, toNumbers } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

/** The prediction of every run. */
export async function check(golden: GoldenCase): Promise<void> {
  const config = unetConfig.parse(golden.json('config.json'));
  const weights = readWeights(golden.path('diffusion_pytorch_model.safetensors'));
  for (const name of golden.tensors().keys()) {
    const [, run] = /^(.*)\.in\.sample$/.exec(name) ?? [];
    if (run === undefined) continue;
    const sample = golden.tensor(name);
    const text = golden.tensor(`${run}.in.encoder_hidden_states`);
    const timestep = float32([1], toNumbers(golden.tensor(`${run}.in.timestep`)));
    const predicted = unet2dCondition(Scope.root(), config, {
      sample: input('sample', 'float32', sample.shape),
      timestep: input('timestep', 'float32', [1]),
      text: input('text', 'float32', text.shape),
    });
    const { out } = await compute({ out: predicted }, weights, { sample, timestep, text });
    golden.compare(`${run}.out.sample`, out);
  }
}

import { sampleOf } from '../../../src/diffusion/latent-space.ts';
import type { Latents } from '../../../src/diffusion/latents.ts';
import { input } from '../../../src/graph/value.ts';
import {
  autoencoderKlConfig,
  currentName,
  decodeKl,
  encodeKl,
} from '../../../src/nn/models/diffusion/autoencoder-kl.ts';
import {
  autoencoderTinyConfig,
  decodeTiny,
  encodeTiny,
} from '../../../src/nn/models/diffusion/autoencoder-tiny.ts';
import { Scope } from '../../../src/nn/scope.ts';
import type { Value } from '../../../src/graph/value.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

type Coder = (config: object, image: Value, latent: Value) => Readonly<Record<string, Value>>;

const coders: Readonly<Record<string, Coder>> = {
  'diffusers.AutoencoderKL': (raw, image, latent) => {
    const config = autoencoderKlConfig.parse(raw);
    const { mean, logvar } = encodeKl(Scope.root(), config, image);
    return { mean, logvar, decoded: decodeKl(Scope.root(), config, latent) };
  },
  'diffusers.AutoencoderTiny': (raw, image, latent) => {
    const config = autoencoderTinyConfig.parse(raw);
    return {
      latent: encodeTiny(Scope.root(), config, image),
      decoded: decodeTiny(Scope.root(), config, latent),
    };
  },
};

/** What comes out of encoder and decoder in every run. */
export async function check(golden: GoldenCase): Promise<void> {
  const weights = new Map(
    [...readWeights(golden.path('diffusion_pytorch_model.safetensors'))].map(([name, t]) => [
      currentName(name),
      t,
    ]),
  );
  for (const name of golden.tensors().keys()) {
    const [, run] = /^(.*)\.in\.image$/.exec(name) ?? [];
    if (run === undefined) continue;
    const image = golden.tensor(name);
    const latent = golden.tensor(`${run}.in.latent`);
    const outputs = coders[golden.info.class](
      golden.json('config.json'),
      input('image', 'float32', image.shape),
      input('latent', 'float32', latent.shape),
    );
    const results = await compute(
      Object.fromEntries(Object.entries(outputs).map(([key, value]) => [`out.${key}`, value])),
      weights,
      { image, latent },
    );
    for (const [output, actual] of Object.entries(results))
      golden.compare(`${run}.${output}`, actual);
    const noise = golden.tensors().get(`${run}.in.noise`);
    if (noise) {
      const [mean, logvar] = [results['out.mean'], results['out.logvar']] as Latents[];
      golden.compare(`${run}.out.sampled`, sampleOf(mean, logvar, noise as Latents));
    }
  }
}

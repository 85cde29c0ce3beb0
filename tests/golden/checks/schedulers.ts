import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Latents } from '../../../src/diffusion/latents.ts';
import { ddim, ddimConfig } from '../../../src/diffusion/schedulers/ddim.ts';
import { schedulerFrom } from '../../../src/diffusion/schedulers/registry.ts';
import type { Memory, Sampling, Scheduler } from '../../../src/diffusion/schedulers/scheduler.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors.ts';
import { float32, scale } from './tensors.ts';
import { tensor, toNumbers, type Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';

/** Row i of a tensor's first axis. */
function row(t: Tensor, i: number): Latents {
  const size = t.data.length / t.shape[0];
  const data = (t.data as Float32Array).slice(i * size, (i + 1) * size);
  return tensor('float32', t.shape.slice(1), data);
}

/** Tables and trajectories of every variant. */
export async function check(golden: GoldenCase): Promise<void> {
  const path = join(golden.dir, '..', 'common.safetensors');
  const common = decodeSafetensors(readFileSync(path), path).tensors;
  const variants = golden.info['variants'] as Record<string, { eta?: number }>;
  const folders = readdirSync(golden.dir).filter((name) =>
    statSync(golden.path(name)).isDirectory(),
  );
  for (const variant of folders) {
    const config = golden.json<Record<string, unknown>>(`${variant}/scheduler_config.json`);
    const { eta } = variants[variant] ?? {};
    const scheduler = eta
      ? ddim(ddimConfig.parse(config), eta)
      : schedulerFrom(config, `${variant}/scheduler_config.json`);
    for (const name of golden.tensors().keys()) {
      const [, folder, steps] = /^(.*)\/steps(\d+)\.timesteps$/.exec(name) ?? [];
      if (folder !== variant) continue;
      checkSteps(golden, scheduler, `${variant}/steps${steps}`, Number(steps), common);
    }
  }
}

function checkSteps(
  golden: GoldenCase,
  scheduler: Scheduler,
  prefix: string,
  steps: number,
  common: ReadonlyMap<string, Tensor>,
): void {
  const sampling = scheduler.sampling(steps);
  const expected = golden.tensors();
  golden.compare(`${prefix}.timesteps`, float32(sampling.timesteps));
  if (sampling.sigmas && expected.has(`${prefix}.sigmas`)) {
    golden.compare(`${prefix}.sigmas`, float32(sampling.sigmas));
  }
  golden.compare(
    `${prefix}.init_noise_sigma`,
    tensor('float32', [], Float32Array.of(sampling.initNoiseSigma)),
  );

  walk(golden, sampling, prefix, common);

  const times = toNumbers(golden.tensor(`${prefix}.add_noise.timesteps`));
  const clean = common.get('clean')!;
  const noised = times.map((t, i) =>
    sampling.addNoise(row(clean, i), row(row(common.get('noise')!, i), 0), t),
  );
  golden.compare(`${prefix}.add_noise`, stacked(noised));
}

/** Every step from the common start, with the common outputs of a network and noise. */
function walk(
  golden: GoldenCase,
  sampling: Sampling,
  prefix: string,
  common: ReadonlyMap<string, Tensor>,
): void {
  const collected = { prev: [] as Latents[], scaled: [] as Latents[], denoised: [] as Latents[] };
  const drawn = sampling.timesteps.map(() => 0);
  const init = common.get('init')!;
  let memory: Memory | undefined;
  let x = scale(tensor('float32', init.shape, init.data as Float32Array), sampling.initNoiseSigma);
  sampling.timesteps.forEach((_, i) => {
    collected.scaled.push(sampling.scaleInput(x, i));
    const noise = (): Latents => {
      drawn[i] = 1;
      return row(common.get('noise')!, i);
    };
    const step = sampling.step(row(common.get('model_outputs')!, i), i, x, noise, memory);
    ({ memory, previous: x } = step);
    collected.prev.push(x);
    collected.denoised.push(step.denoised);
  });
  for (const [what, rows] of Object.entries(collected)) {
    const name = `${prefix}.${what}`;
    if (golden.tensors().has(name)) golden.compare(name, stacked(rows));
  }
  golden.same(`${prefix}.noise_used`, drawn, toNumbers(golden.tensor(`${prefix}.noise_used`)));
}

function stacked(rows: readonly Latents[]): Tensor {
  const data = new Float32Array(rows.length * rows[0].data.length);
  rows.forEach((r, i) => data.set(r.data, i * r.data.length));
  return tensor('float32', [rows.length, ...rows[0].shape], data);
}

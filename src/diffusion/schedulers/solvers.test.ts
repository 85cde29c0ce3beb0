import { describe, expect, it, test } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { float32 } from '../../tensor/tensor.ts';
import { scale, type Latents } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { noiseConfig } from './config.ts';
import { schedulerFrom } from './registry.ts';
import { nothing, type Memory, type Sampling } from './scheduler.ts';
import { interpolate } from './sigmas.ts';

const common = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
const alphas = alphasCumprod(noiseConfig.parse(common));

const sampling = (name: string, steps: number, more: object = {}): Sampling =>
  schedulerFrom({ _class_name: name, ...common, ...more }, 's.json').sampling(steps);

function randomLatents(seed: number): Latents {
  const random = counterRandom(seed);
  return float32(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, () => random.normal()),
  );
}

const distance = (a: Latents, b: Latents): number =>
  Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])));

/** Schedulers whose samples are sqrt(alpha-bar) times those of the others. */
const preserving = /DDIM|DDPM|PNDM|LCM|Multistep/;

/** What a network is told of a call: the noise level beside a sample of full size, and the scale of x. */
function levelOf(name: string, way: Sampling, i: number): { sigma: number; size: number } {
  const alpha = interpolate(way.timesteps[i], alphas);
  const sigma = way.sigmas?.[i] ?? Math.sqrt((1 - alpha) / alpha);
  return { sigma, size: preserving.test(name) ? 1 / Math.hypot(1, sigma) : 1 };
}

type Network = (x: Latents, level: { sigma: number; size: number }) => Latents;

function walk(name: string, way: Sampling, network: Network, from = randomLatents(1)): Latents {
  let memory: Memory | undefined;
  let x = scale(from, way.initNoiseSigma);
  way.timesteps.forEach((_, i) => {
    const output = network(x, levelOf(name, way, i));
    const noise = (): Latents => randomLatents(i + 100);
    ({ previous: x, memory } = way.step(output, i, x, noise, memory));
  });
  return x;
}

/** Data of one normal distribution with this deviation: every sampler's goal is known exactly. */
const deviation = 0.5;

/** The best epsilon for such data: x sigma / (deviation^2 + sigma^2). */
const gaussian: Network = (x, { sigma, size }) =>
  scale(x, sigma / (deviation ** 2 + sigma ** 2) / size);

/** How far a sampler ends from where the probability flow leads, relative to it. */
function error(name: string, steps: number, more: object = {}): number {
  const way = sampling(name, steps, { timestep_spacing: 'linspace', ...more });
  const { sigma, size } = levelOf(name, way, 0);
  const start = scale(randomLatents(1), way.initNoiseSigma / size);
  const goal = scale(start, deviation / Math.hypot(deviation, sigma));
  return distance(walk(name, way, gaussian), goal) / Math.max(...goal.data.map(Math.abs));
}

describe('the probability flow of normally distributed data', () => {
  const solvers: readonly (readonly [name: string, options: object])[] = [
    ['EulerDiscreteScheduler', {}],
    ['EulerDiscreteScheduler', { use_karras_sigmas: true }],
    ['EulerDiscreteScheduler', { use_exponential_sigmas: true }],
    ['HeunDiscreteScheduler', {}],
    ['DDIMScheduler', { clip_sample: false }],
    ['PNDMScheduler', { skip_prk_steps: true, timestep_spacing: 'leading' }],
    ['PNDMScheduler', { skip_prk_steps: false, timestep_spacing: 'leading' }],
    ['DPMSolverMultistepScheduler', { solver_order: 1 }],
    ['DPMSolverMultistepScheduler', { solver_order: 2 }],
    ['DPMSolverMultistepScheduler', { solver_order: 2, solver_type: 'heun' }],
    ['DPMSolverMultistepScheduler', { solver_order: 3 }],
    ['DPMSolverMultistepScheduler', { use_karras_sigmas: true }],
    ['UniPCMultistepScheduler', { solver_order: 2 }],
    ['UniPCMultistepScheduler', { solver_order: 3, solver_type: 'bh1', use_karras_sigmas: true }],
  ];

  it.each(solvers)('is followed the closer the more steps %s takes, %j', (name, options) => {
    const errors = [10, 40, 160].map((steps) => error(name, steps, options));
    expect(errors[2]).toBeLessThan(0.05);
    expect(errors[2]).toBeLessThan(errors[0] / 2);
  });

  it('is followed closer by a second order than by a first', () => {
    const karras = { use_karras_sigmas: true };
    const first = error('EulerDiscreteScheduler', 20, karras);
    expect(error('HeunDiscreteScheduler', 20, karras)).toBeLessThan(first / 4);
    expect(error('DPMSolverMultistepScheduler', 20, karras)).toBeLessThan(first / 4);
    expect(error('UniPCMultistepScheduler', 20, karras)).toBeLessThan(first / 4);
  });
});

test.each(['DDPMScheduler', 'LCMScheduler', 'EulerAncestralDiscreteScheduler'])(
  '%s ends, with noise at each step, at a sample that the network knows',
  (name) => {
    const x0 = scale(randomLatents(5), 0.3);
    const knowing: Network = (x, { sigma, size }) =>
      float32(
        x.shape,
        x.data.map((value, i) => (value / size - x0.data[i]) / sigma),
      );
    const way = sampling(name, 8, { clip_sample: false });
    expect(distance(walk(name, way, knowing), x0)).toBeLessThan(0.01);
  },
);

test.each([
  ['sde-dpmsolver++', { solver_order: 2 }],
  ['sde-dpmsolver++', { solver_order: 3 }],
  ['sde-dpmsolver', { solver_order: 2, final_sigmas_type: 'sigma_min' }],
])('%s ends with the deviation of the data, %j', (algorithm_type, more) => {
  const name = 'DPMSolverMultistepScheduler';
  const way = sampling(name, 60, { algorithm_type, use_karras_sigmas: true, ...more });
  const samples = Array.from({ length: 40 }, (_, k) => {
    const random = counterRandom(9, k);
    let memory: Memory | undefined;
    let x = randomLatents(1000 + k);
    way.timesteps.forEach((_, i) => {
      const noise = (): Latents =>
        float32(
          x.shape,
          Array.from(x.data, () => random.normal()),
        );
      const output = gaussian(x, levelOf(name, way, i));
      ({ previous: x, memory } = way.step(output, i, x, noise, memory));
    });
    return [...x.data];
  }).flat();
  const square = samples.reduce((sum, value) => sum + value ** 2, 0) / samples.length;
  expect(Math.abs(Math.sqrt(square) - deviation)).toBeLessThan(0.06);
});

describe('memory', () => {
  const several = [
    'HeunDiscreteScheduler',
    'PNDMScheduler',
    'DPMSolverMultistepScheduler',
    'UniPCMultistepScheduler',
  ];
  const x = randomLatents(1);
  const none = (): Latents => randomLatents(2);

  it.each(several)('of %s is missed where it is lost', (name) => {
    const way = sampling(name, 6, { skip_prk_steps: true });
    expect(() => way.step(x, 1, x, none)).toThrow('keeps no memory');
  });

  it.each(several)('of %s may begin in the middle', (name) => {
    const way = sampling(name, 6, { skip_prk_steps: true });
    const { previous } = way.step(x, 2, x, none, nothing);
    expect(previous.data.every(Number.isFinite)).toBe(true);
  });

  it.each(several)('is all that %s goes by', (name) => {
    const way = sampling(name, 6, { skip_prk_steps: true });
    const first = way.step(x, 0, x, none);
    const second = (): Latents => way.step(x, 1, first.previous, none, first.memory).previous;
    const once = second();
    way.step(randomLatents(7), 0, randomLatents(8), none);
    expect(second()).toEqual(once);
  });
});

test.each<[string, number, object]>([
  ['UniPCMultistepScheduler', 20, { lower_order_final: false }],
  ['UniPCMultistepScheduler', 20, { lower_order_final: false, solver_order: 3 }],
  ['DPMSolverMultistepScheduler', 20, { lower_order_final: false, solver_order: 3 }],
  [
    'DPMSolverMultistepScheduler',
    1000,
    { solver_type: 'heun', timestep_spacing: 'trailing', final_sigmas_type: 'sigma_min' },
  ],
])('%s ends with numbers after %i steps, %j', (name, steps, options) => {
  const end = walk(name, sampling(name, steps, options), gaussian);
  expect(end.data.every(Number.isFinite)).toBe(true);
});

describe('refuses', () => {
  it.each<[string, object, string]>([
    ['EulerDiscreteScheduler', { use_beta_sigmas: true }, 'use_beta_sigmas'],
    ['UniPCMultistepScheduler', { use_flow_sigmas: true }, 'use_flow_sigmas'],
    ['UniPCMultistepScheduler', { predict_x0: false }, 'valid: sigma_min'],
    ['DPMSolverMultistepScheduler', { algorithm_type: 'dpmsolver' }, 'valid: sigma_min'],
    ['DPMSolverMultistepScheduler', { solver_order: 9 }, 'solver_order'],
    ['DPMSolverMultistepScheduler', { lambda_min_clipped: 50 }, 'lambda_min_clipped 50 cuts off'],
    ['DDPMScheduler', { variance_type: 'learned' }, 'variance_type'],
    ['DDIMScheduler', { num_train_timesteps: 1e9 }, 'num_train_timesteps'],
    ['DDIMScheduler', { trained_betas: [0.1, 0.2] }, '2 trained betas for 1000'],
    ['DDIMScheduler', { timestep_spacing: 'leading', steps_offset: 200 }, 'beyond the 1000'],
    ['LCMScheduler', { original_inference_steps: 5 }, 'valid: 1 to 5'],
    ['PNDMScheduler', { prediction_type: 'sample' }, 'prediction_type'],
  ])('%s with %j', (name, options, message) => {
    expect(() => sampling(name, 8, options)).toThrow(message);
  });

  it.each<[string, number, object]>([
    ['DPMSolverMultistepScheduler', 1000, { timestep_spacing: 'linspace' }],
    ['DPMSolverMultistepScheduler', 999, { timestep_spacing: 'leading', steps_offset: 1 }],
    ['DPMSolverMultistepScheduler', 1000, { timestep_spacing: 'leading', steps_offset: 1 }],
    ['UniPCMultistepScheduler', 1000, {}],
  ])('%s with %i steps on fewer levels, %j', (name, steps, options) => {
    expect(() => sampling(name, steps, options)).toThrow(
      `${steps} denoising steps are more than the 1000 training steps in use can tell apart`,
    );
    expect(() => sampling(name, 998, options)).not.toThrow();
  });

  it('too few steps for the four calls of a Runge-Kutta step', () => {
    expect(() => sampling('PNDMScheduler', 3)).toThrow('4 or more');
  });
});

import { describe, expect, it } from 'vitest';
import { counterRandom } from '../../base/random/counter.ts';
import { float32 } from '../../tensor/tensor.ts';
import { combine, scale, type Latents } from '../latents.ts';
import { schedulerFrom } from './registry.ts';
import type { Sampling } from './scheduler.ts';

const common = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
const names = [
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'DDIMScheduler',
] as const;

const sampling = (name: string, steps: number, more: object = {}): Sampling =>
  schedulerFrom({ _class_name: name, ...common, ...more }, 'scheduler_config.json').sampling(steps);

function randomLatents(seed: number): Latents {
  const random = counterRandom(seed);
  return float32(
    [1, 1, 4, 4],
    Array.from({ length: 16 }, () => random.normal()),
  );
}

const distance = (a: Latents, b: Latents): number =>
  Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])));

describe.each(names)('%s', (name) => {
  it.each(['linspace', 'leading', 'trailing'])('goes down in time, spaced %s', (spacing) => {
    for (const steps of [1, 2, 7, 50, 1000]) {
      const { timesteps } = sampling(name, steps, { timestep_spacing: spacing });
      expect(timesteps).toHaveLength(steps);
      expect(timesteps).toEqual([...new Set(timesteps)].sort((a, b) => b - a));
      expect(timesteps[0]).toBeLessThan(1000);
      expect(timesteps.at(-1)).toBeGreaterThanOrEqual(0);
    }
  });

  it.each(['epsilon', 'v_prediction', 'sample'])(
    'finds a sample that the network knows, by %s',
    (kind) => {
      const x0 = scale(randomLatents(1), 0.3);
      const way = sampling(name, 8, {
        prediction_type: kind,
        clip_sample: false,
        timestep_spacing: 'trailing',
      });
      let x = scale(randomLatents(2), way.initNoiseSigma);
      way.timesteps.forEach((_, i) => {
        const { previous, denoised } = way.step(outputFor(name, way, kind, x, x0, i), i, x, () =>
          randomLatents(i + 3),
        );
        expect(distance(denoised, x0)).toBeLessThan(1e-3);
        x = previous;
      });
      expect(distance(x, x0)).toBeLessThan(0.05);
    },
  );

  it.each([0, 1001, 1.5])('refuses %d steps', (steps) => {
    expect(() => sampling(name, steps)).toThrow(`${steps} denoising steps (valid: 1 to 1000)`);
  });
});

/** The output of a network that knows the clean sample. */
function outputFor(
  name: string,
  way: Sampling,
  kind: string,
  x: Latents,
  x0: Latents,
  i: number,
): Latents {
  // x = a x0 + s epsilon, in terms of sigma or of alpha-bar; v = a epsilon - s x0 where a^2 + s^2 = 1.
  const alpha = alphaBar(way.timesteps[i]);
  const [a, s] =
    name === 'DDIMScheduler' ? [Math.sqrt(alpha), Math.sqrt(1 - alpha)] : [1, way.sigmas![i]];
  const epsilon = combine([1 / s, x], [-a / s, x0]);
  const norm = Math.hypot(a, s);
  const outputs: Record<string, Latents> = {
    epsilon,
    sample: x0,
    v_prediction: combine([a / norm, epsilon], [-s / norm, x0]),
  };
  return outputs[kind];
}

/** alpha-bar of the scaled linear schedule. */
function alphaBar(timestep: number): number {
  let product = 1;
  for (let t = 0; t <= timestep; t++) {
    const root = Math.sqrt(0.00085) + ((Math.sqrt(0.012) - Math.sqrt(0.00085)) * t) / 999;
    product *= 1 - root ** 2;
  }
  return product;
}

describe('one step of Euler ancestral from no signal at all', () => {
  it('gives minus the velocity', () => {
    const way = sampling('EulerAncestralDiscreteScheduler', 1, {
      rescale_betas_zero_snr: true,
      timestep_spacing: 'trailing',
      prediction_type: 'v_prediction',
    });
    expect(way.timesteps).toEqual([999]);
    expect(way.initNoiseSigma).toBeCloseTo(4096, 0);
    const velocity = randomLatents(1);
    const x = scale(randomLatents(2), way.initNoiseSigma);
    const { previous } = way.step(velocity, 0, x, () => randomLatents(3));
    expect(distance(previous, scale(velocity, -1))).toBeLessThan(1e-3);
  });
});

describe('noise and sample', () => {
  it('are joined as the diffusion process does', () => {
    const [clean, noise] = [randomLatents(1), randomLatents(2)];
    const ddim = sampling('DDIMScheduler', 10).addNoise(clean, noise, 500);
    const alpha = alphaBar(500);
    expect(
      distance(ddim, combine([Math.sqrt(alpha), clean], [Math.sqrt(1 - alpha), noise])),
    ).toBeLessThan(1e-6);
    const euler = sampling('EulerDiscreteScheduler', 10, { timestep_spacing: 'leading' });
    const sigma = Math.sqrt((1 - alpha) / alpha);
    expect(
      distance(euler.addNoise(clean, noise, 500), combine([1, clean], [sigma, noise])),
    ).toBeLessThan(1e-5);
  });

  it('are scaled to unit variance for the network', () => {
    const way = sampling('EulerDiscreteScheduler', 5);
    const x = randomLatents(1);
    way.sigmas!.slice(0, -1).forEach((sigma, i) => {
      expect(distance(way.scaleInput(x, i), scale(x, 1 / Math.hypot(1, sigma)))).toBeLessThan(1e-6);
    });
  });
});

it.each(['KarrasVeScheduler', 'constructor'])(
  'schedulerFrom lists what it knows for %s',
  (name) => {
    const open = (): unknown => schedulerFrom({ _class_name: name }, 's.json');
    expect(open).toThrow(`s.json: scheduler "${name}" is not supported (valid: `);
    for (const known of names) expect(open).toThrow(known);
  },
);

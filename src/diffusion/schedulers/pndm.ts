import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { combine, type Latents } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { noiseConfig } from './config.ts';
import { denoisedAtAlpha, noised } from './predictions.ts';
import { remembered, type Memory, type Scheduler } from './scheduler.ts';
import { wholeTimesteps } from './timesteps.ts';

export const pndmConfig = noiseConfig.extend({
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  skip_prk_steps: z.boolean().default(false),
  set_alpha_to_one: z.boolean().default(false),
});
export type PndmConfig = z.output<typeof pndmConfig>;

/** One transfer by the network's output, from a sample at one time step to another. */
interface Transfer {
  readonly sample: Latents;
  readonly from: number;
  readonly to: number;
  /** The outputs that stand for the network's, by their weights. */
  readonly terms: readonly (readonly [weight: number, output: Latents])[];
  readonly memory: Memory;
}

/** What every call is given: the time step, the time between two, and what it has to work with. */
interface Call {
  readonly t: number;
  readonly stride: number;
  readonly output: Latents;
  readonly x: Latents;
  readonly memory: Memory;
}

/** Weights of the latest outputs, the latest last, of the linear multistep method. */
const adamsBashforth: readonly (readonly number[])[] = [
  [1],
  [-1 / 2, 3 / 2],
  [5 / 12, -16 / 12, 23 / 12],
  [-9 / 24, 37 / 24, -59 / 24, 55 / 24],
];

/**
 * Pseudo numerical methods for diffusion models (arXiv 2202.09778): four calls of Runge-Kutta for
 * each of the first three steps, then one of a linear multistep method each. Without the former,
 * the first step is taken twice, the second time by the mean of its two slopes.
 */
export function pndm(config: PndmConfig): Scheduler {
  const alphas = alphasCumprod(config);
  const last = config.set_alpha_to_one ? 1 : alphas[0];
  return {
    sampling(steps) {
      const timesteps = config.skip_prk_steps
        ? plmsTimesteps(config, steps)
        : prkTimesteps(config, steps);
      const stride = Math.floor(config.num_train_timesteps / steps);
      return {
        timesteps,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, _, given) {
          const memory = remembered(given, i);
          const call = { t: timesteps[i], stride, output, x, memory };
          const runge = !config.skip_prk_steps && memory.calls < prkCalls;
          const begin = timesteps[i - (memory.calls % 4)];
          const transfer = runge ? rungeKutta(call, begin) : linearMultistep(call);
          return {
            previous: transferred(transfer),
            // The steps themselves do without it.
            get denoised() {
              return denoisedAtAlpha[config.prediction_type](output, x, alphas[timesteps[i]]).x0;
            },
            memory: transfer.memory,
          };
        },
        addNoise: (clean, noise, timestep) => noised(clean, noise, alphas[timestep]),
      };
    },
  };

  /** The paper's phi. */
  function transferred({ sample, from, to, terms }: Transfer): Latents {
    const a = alphas[from];
    const before = to >= 0 ? alphas[to] : last;
    const output = combine(...terms);
    const { epsilon } = denoisedAtAlpha[config.prediction_type](output, sample, a);
    const divisor = a * Math.sqrt(1 - before) + Math.sqrt(a * (1 - a) * before);
    return combine([Math.sqrt(before / a), sample], [(a - before) / divisor, epsilon]);
  }
}

function linearMultistep({ t, stride, output, x, memory }: Call): Transfer {
  const { calls, outputs, sample } = memory;
  if (calls === 1) {
    // Once more from the beginning, by both slopes.
    return {
      sample: sample!,
      from: t + stride,
      to: t,
      terms: [
        [1 / 2, output],
        [1 / 2, outputs[0]],
      ],
      memory: { calls: 2, outputs },
    };
  }
  const latest = [...outputs.slice(-3), output];
  const weights = adamsBashforth[latest.length - 1];
  return {
    sample: x,
    from: t,
    to: t - stride,
    terms: latest.map((past, k) => [weights[k], past] as const),
    memory: { calls: calls + 1, outputs: latest, ...(calls === 0 ? { sample: x } : {}) },
  };
}

/** Calls of the three Runge-Kutta steps. */
const prkCalls = 12;

/**
 * One of the four calls of a Runge-Kutta step. Its memory holds the slopes with which earlier
 * steps began, then those of this step's calls so far.
 */
function rungeKutta({ t, stride, output, x, memory }: Call, from: number): Transfer {
  const { calls, outputs } = memory;
  const stage = calls % 4;
  const slopes = [...outputs, output];
  const sample = stage === 0 ? x : memory.sample!;
  const to = stage % 2 === 0 ? t - Math.floor(stride / 2) : t;
  if (stage < 3) {
    const kept = { calls: calls + 1, outputs: slopes, sample };
    return { sample, from, to, terms: [[1, output]], memory: kept };
  }
  const weights = [1 / 6, 1 / 3, 1 / 3, 1 / 6];
  return {
    sample,
    from,
    to,
    terms: slopes.slice(-4).map((slope, k) => [weights[k], slope] as const),
    memory: { calls: calls + 1, outputs: slopes.slice(0, -3) },
  };
}

/** The second time step is called twice. */
function plmsTimesteps(config: PndmConfig, steps: number): number[] {
  const [first, second, ...rest] = wholeTimesteps(config, steps);
  return second === undefined ? [first] : [first, second, second, ...rest];
}

/** Each of the first three steps is called at its beginning, twice half-way and at its end. */
function prkTimesteps(config: PndmConfig, steps: number): number[] {
  if (steps < 4) {
    throw new ModelLockError('usage', `${steps} denoising steps of a Runge-Kutta method`, {
      valid: ['4 or more', 'skip_prk_steps'],
    });
  }
  const timesteps = wholeTimesteps(config, steps);
  const half = Math.floor(Math.floor(config.num_train_timesteps / steps) / 2);
  return [
    ...timesteps.slice(0, 3).flatMap((t, k) => {
      const next = timesteps[k + 1];
      return [t, next + half, next + half, next];
    }),
    ...timesteps.slice(3),
  ];
}

import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { roundHalfEven } from '../../base/numeric.ts';
import { combine, type Latents } from '../latents.ts';
import { alphasCumprod } from './betas.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, linspaceConfig, solverOptions } from './config.ts';
import { denoisedAtAlpha } from './predictions.ts';
import { remembered, type Scheduler } from './scheduler.ts';
import { refuse, sigmaOf } from './sigmas.ts';
import { hasLength, solverLevels, type Level } from './solver-levels.ts';

export const dpmSolverConfig = linspaceConfig.extend({
  ...solverOptions,
  thresholding: boundOptions.thresholding,
  dynamic_thresholding_ratio: boundOptions.dynamic_thresholding_ratio,
  sample_max_value: boundOptions.sample_max_value,
  algorithm_type: z
    .enum(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++'])
    .default('dpmsolver++'),
  solver_type: z.enum(['midpoint', 'heun']).default('midpoint'),
  euler_at_final: z.boolean().default(false),
  use_lu_lambdas: z
    .boolean()
    .nullish()
    .transform((value) => value === true),
  /** JSON has no infinity; writers put `null`, a text, or what only some parsers read. */
  lambda_min_clipped: z.union([z.number(), z.literal(-Infinity), z.string(), z.null()]).optional(),
});
export type DpmSolverConfig = z.output<typeof dpmSolverConfig>;

/**
 * A step by the symbols of the papers: x_t = x x_s + d0 D0 + d1 D1 + d2 D2 + noise z, where the D
 * are the network's output at s and its differences, first and second.
 */
interface Weights {
  readonly x: number;
  readonly d0: number;
  /** By the kind of second-order step; `heun`'s is that of third-order steps, too. */
  readonly d1: Readonly<Record<DpmSolverConfig['solver_type'], number>>;
  readonly d2?: number;
  /** Of fresh noise, in stochastic solvers. */
  readonly noise?: number;
}

interface Algorithm {
  /** What is extrapolated: the predicted sample or the predicted noise. */
  readonly of: 'x0' | 'epsilon';
  weights(h: number, s: Level, t: Level): Weights;
}

/** h is the step in lambda. Infinite, it leads to the sample itself, in a first-order step. */
const algorithms: Record<DpmSolverConfig['algorithm_type'], Algorithm> = {
  /** DPM-Solver, arXiv 2206.00927. */
  dpmsolver: {
    of: 'epsilon',
    weights(h, s, t) {
      const e = Math.expm1(h);
      return {
        x: t.alpha / s.alpha,
        d0: -t.sigma * e,
        d1: { midpoint: -0.5 * t.sigma * e, heun: -t.sigma * (e / h - 1) },
        d2: -t.sigma * ((e - h) / h ** 2 - 0.5),
      };
    },
  },
  /** DPM-Solver++, arXiv 2211.01095. */
  'dpmsolver++': {
    of: 'x0',
    weights(h, s, t) {
      const e = Math.expm1(-h);
      return {
        x: t.sigma / s.sigma,
        d0: -t.alpha * e,
        d1: { midpoint: -0.5 * t.alpha * e, heun: t.alpha * (e / h + 1) },
        d2: -t.alpha * ((e + h) / h ** 2 - 0.5),
      };
    },
  },
  'sde-dpmsolver': {
    of: 'epsilon',
    weights(h, s, t) {
      const e = Math.expm1(h);
      return {
        x: t.alpha / s.alpha,
        d0: -2 * t.sigma * e,
        d1: { midpoint: -t.sigma * e, heun: -2 * t.sigma * (e / h - 1) },
        noise: t.sigma * Math.sqrt(Math.expm1(2 * h)),
      };
    },
  },
  'sde-dpmsolver++': {
    of: 'x0',
    weights(h, s, t) {
      const e = -Math.expm1(-2 * h);
      return {
        x: (t.sigma / s.sigma) * Math.exp(-h),
        d0: t.alpha * e,
        d1: { midpoint: 0.5 * t.alpha * e, heun: t.alpha * (1 - e / (2 * h)) },
        d2: t.alpha * ((e - 2 * h) / (2 * h) ** 2 - 0.5),
        noise: t.sigma * Math.sqrt(e),
      };
    },
  },
};

/** Multistep DPM-Solver and DPM-Solver++ of orders one to three, and their stochastic forms. */
export function dpmSolver(config: DpmSolverConfig): Scheduler {
  requirePossible(config);
  const algorithm = algorithms[config.algorithm_type];
  const bounded = boundsOf(config);
  return {
    sampling(steps) {
      const { levels, ...way } = solverLevels(config, steps, usedSteps(config), wholeOf(config));
      const calls = way.timesteps.length;
      return {
        ...way,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, noise, given) {
          const memory = remembered(given, i);
          const { alpha, sigma } = levels[i];
          const parts = denoisedAtAlpha[config.prediction_type](output, x, alpha ** 2);
          const denoised = bounded(parts.x0);
          const epsilon = config.thresholding
            ? combine([1 / sigma, x], [-alpha / sigma, denoised])
            : parts.epsilon;
          const outputs = [...memory.outputs, algorithm.of === 'x0' ? denoised : epsilon];
          const order = hasLength(levels[i], levels[i + 1])
            ? orderOf(config, outputs.length, calls - i, calls)
            : 1;
          return {
            previous: stepped(i, order, x, outputs, noise),
            denoised,
            memory: { calls: memory.calls + 1, outputs: outputs.slice(-config.solver_order) },
          };
        },
      };

      function stepped(
        i: number,
        order: number,
        x: Latents,
        outputs: readonly Latents[],
        noise: () => Latents,
      ): Latents {
        const [t, s, ...earlier] = levels.slice(Math.max(0, i + 1 - order), i + 2).reverse();
        const h = t.lambda - s.lambda;
        const weights = algorithm.weights(h, s, t);
        const { d0, d1, d2 = 0 } = weights;
        const differences = differencesOf([s, ...earlier], h);
        const factors = [d0, d1[order === 3 ? 'heun' : config.solver_type], d2];
        return combine(
          [weights.x, x],
          ...Array.from({ length: order }, (_, k) => {
            const weight = differences.reduce((sum, d, n) => sum + factors[n] * (d[k] ?? 0), 0);
            return [weight, outputs.at(-1 - k)!] as const;
          }),
          ...(weights.noise === undefined ? [] : [[weights.noise, noise()] as const]),
        );
      }
    },
  };
}

/**
 * D0, D1, D2 as weights of the outputs at `levels`, the latest first: divided differences in
 * lambda, for steps of the length h.
 */
function differencesOf(levels: readonly Level[], h: number): readonly (readonly number[])[] {
  if (levels.length === 1) return [[1]];
  const [l0, l1, l2] = levels.map(({ lambda }) => lambda);
  const r0 = (l0 - l1) / h;
  if (levels.length === 2) return [[1], [1 / r0, -1 / r0]];
  const r1 = (l1 - l2) / h;
  const second = [1 / r0, -1 / r0 - 1 / r1, 1 / r1].map((weight) => weight / (r0 + r1));
  const first = [1 / r0, -1 / r0, 0].map((weight, k) => weight + r0 * second[k]);
  return [[1], first, second];
}

/**
 * The order of a step that has a length: first, as many as there are outputs.
 *
 * @param left steps still to be taken, this one counted.
 */
function orderOf(config: DpmSolverConfig, outputs: number, left: number, calls: number): number {
  const careful = config.lower_order_final && calls < 15;
  const order = Math.min(config.solver_order, outputs);
  if (left === 1) return config.euler_at_final || careful ? 1 : order;
  return left === 2 && careful ? Math.min(order, 2) : order;
}

/** Training steps whose lambda is not below the bound, which cuts off the noisiest. */
function usedSteps(config: DpmSolverConfig): number {
  const least = Number(config.lambda_min_clipped ?? -Infinity);
  const kept = alphasCumprod(config).filter((alpha) => -Math.log(sigmaOf(alpha)) >= least);
  return Number.isNaN(least) ? config.num_train_timesteps : kept.length;
}

/** How diffusers makes time steps whole where noise levels are spaced by themselves. */
function wholeOf(config: DpmSolverConfig): (timestep: number) => number {
  const rounded = config.use_karras_sigmas || config.use_lu_lambdas;
  return rounded && config.beta_schedule !== 'squaredcos_cap_v2' ? roundHalfEven : Math.trunc;
}

/** Throws `unsupported` for what no paper has, and `corrupt` where no training step is in use. */
function requirePossible(config: DpmSolverConfig): void {
  refuse(config, ['use_flow_sigmas', 'use_beta_sigmas']);
  const { algorithm_type: algorithm, final_sigmas_type: final, solver_order: order } = config;
  if (algorithms[algorithm].of === 'epsilon' && final === 'zero') {
    throw new ModelLockError('unsupported', `${algorithm} with final_sigmas_type "zero"`, {
      valid: ['sigma_min'],
    });
  }
  if (algorithm === 'sde-dpmsolver' && order === 3) {
    throw new ModelLockError('unsupported', `${algorithm} of order 3`, { valid: [1, 2] });
  }
  if (usedSteps(config) === 0) {
    throw new ModelLockError(
      'corrupt',
      `lambda_min_clipped ${config.lambda_min_clipped} cuts off all training steps`,
    );
  }
}

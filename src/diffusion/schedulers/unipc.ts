import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { roundHalfEven } from '../../base/numeric.ts';
import { combine, type Latents } from '../latents.ts';
import { boundsOf } from './bounds.ts';
import { boundOptions, linspaceConfig, solverOptions } from './config.ts';
import { denoisedAtAlpha } from './predictions.ts';
import { remembered, type Scheduler } from './scheduler.ts';
import { refuse } from './sigmas.ts';
import { solveLinear } from './solve-linear.ts';
import { hasLength, solverLevels, type Level } from './solver-levels.ts';

export const uniPcConfig = linspaceConfig.extend({
  ...solverOptions,
  thresholding: boundOptions.thresholding,
  dynamic_thresholding_ratio: boundOptions.dynamic_thresholding_ratio,
  sample_max_value: boundOptions.sample_max_value,
  predict_x0: z.boolean().default(true),
  solver_type: z.enum(['bh1', 'bh2']).default('bh2'),
  /** Calls after which no correction is made. */
  disable_corrector: z.array(z.number()).default([]),
  sigma_min: z.number().positive().nullish(),
  sigma_max: z.number().positive().nullish(),
});
export type UniPcConfig = z.output<typeof uniPcConfig>;

/** A step from s to t by the outputs at s and at levels before, the latest first. */
interface Update {
  readonly s: Level;
  readonly t: Level;
  readonly earlier: readonly Level[];
  readonly x: Latents;
  readonly outputs: readonly Latents[];
  /** The output at t, once it is known: then the step is corrected. */
  readonly atEnd?: Latents;
}

/** UniPC (arXiv 2302.04867): a predictor, corrected by the next call's output at no further cost. */
export function uniPc(config: UniPcConfig): Scheduler {
  requirePossible(config);
  const bounded = boundsOf(config);
  return {
    sampling(steps) {
      const whole = config.use_karras_sigmas ? roundHalfEven : Math.trunc;
      const { levels, ...way } = solverLevels(config, steps, undefined, whole);
      const last = way.timesteps.length - 1;
      const orderAt = (i: number, known: number): number =>
        hasLength(levels[i], levels[i + 1])
          ? Math.min(config.lower_order_final ? last + 1 - i : Infinity, config.solver_order, known)
          : 1;
      return {
        ...way,
        initNoiseSigma: 1,
        scaleInput: (x) => x,
        step(output, i, x, _, given) {
          const memory = remembered(given, i);
          const { x0, epsilon } = denoisedAtAlpha[config.prediction_type](
            output,
            x,
            levels[i].alpha ** 2,
          );
          const denoised = bounded(x0);
          const now = config.predict_x0 ? denoised : epsilon;
          const corrected =
            memory.sample && !config.disable_corrector.includes(i - 1)
              ? updated(
                  i - 1,
                  orderAt(i - 1, memory.outputs.length),
                  memory.outputs,
                  memory.sample,
                  now,
                )
              : x;
          const outputs = [...memory.outputs, now].slice(-config.solver_order);
          return {
            previous: updated(i, orderAt(i, outputs.length), outputs, corrected),
            denoised,
            memory: { calls: memory.calls + 1, outputs, sample: corrected },
          };
        },
      };

      function updated(
        i: number,
        order: number,
        outputs: readonly Latents[],
        x: Latents,
        atEnd?: Latents,
      ): Latents {
        return update(config, {
          s: levels[i],
          t: levels[i + 1],
          earlier: levels.slice(i + 1 - order, i).reverse(),
          x,
          outputs: outputs.slice(-order).reverse(),
          ...(atEnd ? { atEnd } : {}),
        });
      }
    },
  };
}

/** Throws `unsupported` for what no paper has. */
function requirePossible(config: UniPcConfig): void {
  refuse(config, ['use_flow_sigmas', 'use_beta_sigmas']);
  if (!config.predict_x0 && config.final_sigmas_type === 'zero') {
    throw new ModelLockError('unsupported', 'UniPC of the noise with final_sigmas_type "zero"', {
      valid: ['sigma_min'],
    });
  }
}

/** UniP, or UniC where the output at the end is known: equations 3 and 8, in the B(h) versions. */
function update(config: UniPcConfig, { s, t, earlier, x, outputs, atEnd }: Update): Latents {
  const h = t.lambda - s.lambda;
  const hh = config.predict_x0 ? -h : h;
  const growth = Math.expm1(hh);
  const b = config.solver_type === 'bh1' ? hh : growth;
  const [kept, scale] = config.predict_x0
    ? [t.sigma / s.sigma, t.alpha]
    : [t.alpha / s.alpha, t.sigma];
  const places = earlier.map(({ lambda }) => (lambda - s.lambda) / h);
  const weights = rhos(places, hh, b, atEnd !== undefined);
  // Differences to the output at s, over their distances: those of earlier outputs, then the end's.
  const [now, ...before] = outputs;
  const terms = [...before, ...(atEnd ? [atEnd] : [])].map((output, k) => {
    const weight = (-scale * b * weights[k]) / (places[k] ?? 1);
    return [weight, output] as const;
  });
  const ofNow = terms.reduce((sum, [weight]) => sum - weight, -scale * growth);
  return combine([kept, x], [ofNow, now], ...terms);
}

/**
 * The weights of the differences.
 *
 * @param places of the earlier outputs, in steps from s; the end's is 1.
 */
function rhos(places: readonly number[], hh: number, b: number, corrects: boolean): number[] {
  const unknowns = corrects ? [...places, 1] : places;
  if (unknowns.length === 0) return [];
  // Of one difference alone, the weight is a half by the paper's definition.
  if (unknowns.length === 1) return [1 / 2];
  const rows = unknowns.map((_, i) => unknowns.map((place) => place ** i));
  return solveLinear(rows, momentsOf(hh, b, unknowns.length));
}

/** h phi_k(h) k! / B(h), k from 1 on. */
function momentsOf(hh: number, b: number, count: number): number[] {
  const moments: number[] = [];
  let factorial = 1;
  let phi = Math.expm1(hh) / hh - 1;
  for (let k = 1; k <= count; k++) {
    moments.push((phi * factorial) / b);
    factorial *= k + 1;
    phi = phi / hh - 1 / factorial;
  }
  return moments;
}

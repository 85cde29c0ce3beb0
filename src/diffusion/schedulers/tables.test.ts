import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { float32 } from '../../tensor/tensor.ts';
import { alphasCumprod, positiveAlphasCumprod } from './betas.ts';
import { boundsOf } from './bounds.ts';
import { noiseConfig } from './config.ts';
import { interpolate, sigmaOf, spacingOf, timestepOf } from './sigmas.ts';
import { solveLinear } from './solve-linear.ts';
import { callAt } from './timesteps.ts';

const schedules = noiseConfig.shape.beta_schedule.unwrap().options;

describe('alpha-bar', () => {
  it.each(schedules)('of %s falls from nearly one', (beta_schedule) => {
    const alphas = alphasCumprod(noiseConfig.parse({ beta_schedule }));
    expect(alphas).toHaveLength(1000);
    expect(alphas[0]).toBeGreaterThan(0.98);
    expect(alphas.every((a, t) => a > 0 && (t === 0 || a < alphas[t - 1]))).toBe(true);
  });

  it('ends at zero where the signal is to vanish, and keeps its beginning', () => {
    const config = noiseConfig.parse({ beta_schedule: 'scaled_linear' });
    const rescaled = { ...config, rescale_betas_zero_snr: true };
    expect(alphasCumprod(rescaled).at(-1)).toBe(0);
    expect(alphasCumprod(rescaled)[0]).toBeCloseTo(alphasCumprod(config)[0], 12);
    expect(positiveAlphasCumprod(rescaled).at(-1)).toBe(2 ** -24);
    expect(positiveAlphasCumprod(config)).toEqual(alphasCumprod(config));
  });

  it('follows trained betas', () => {
    const config = noiseConfig.parse({ num_train_timesteps: 2, trained_betas: [0.5, 0.5] });
    expect(alphasCumprod(config)).toEqual([0.5, 0.25]);
  });
});

const sigmas = alphasCumprod(noiseConfig.parse({})).map(sigmaOf);

test('time steps of noise levels invert the table at its entries', () => {
  const logs = sigmas.map(Math.log);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), (t) => {
      expect(timestepOf(sigmas[t], logs)).toBeCloseTo(t, 6);
    }),
  );
  expect(timestepOf(0, logs)).toBe(0);
  expect(timestepOf(1e6, logs)).toBe(999);
});

test('a table is linear between its entries and constant beyond them', () => {
  expect([-1, 0, 0.25, 1, 5].map((place) => interpolate(place, [1, 3]))).toEqual([1, 1, 1.5, 3, 3]);
});

test.each(['use_karras_sigmas', 'use_exponential_sigmas'])(
  'levels by %s fall between their bounds',
  (name) => {
    const off = {
      use_karras_sigmas: false,
      use_exponential_sigmas: false,
      use_beta_sigmas: false,
    };
    const levels = spacingOf({ ...off, [name]: true })!(14, 0.03, 7);
    expect(levels).toHaveLength(7);
    expect(levels[0]).toBeCloseTo(14, 9);
    expect(levels[6]).toBeCloseTo(0.03, 9);
    expect(levels).toEqual(levels.toSorted((a, b) => b - a));
    expect(spacingOf(off)).toBeUndefined();
  },
);

test('of two calls at one time step the second is meant', () => {
  expect(callAt([9, 6, 6, 3], 6)).toBe(2);
  expect(callAt([9, 6, 3], 4)).toBe(2);
});

describe('bounds', () => {
  const x0 = float32([2, 4], [-3, -1, 0.5, 2, -0.2, 0.1, 0.4, 0.8]);

  it('may be absent, or a range', () => {
    expect(boundsOf({})(x0)).toBe(x0);
    const clipped = boundsOf({ clip_sample: true, clip_sample_range: 1.5 })(x0);
    expect(Array.from(clipped.data).slice(0, 4)).toEqual([-1.5, -1, 0.5, 1.5]);
  });

  it("may be a sample's own quantile", () => {
    const dynamic = boundsOf({
      thresholding: true,
      dynamic_thresholding_ratio: 0.5,
      sample_max_value: 2,
    })(x0);
    // The magnitudes 0.5, 1, 2, 3 have the median 1.5; the second sample lies within one.
    expect(Array.from(dynamic.data, (v) => Number(v.toFixed(4))).slice(0, 4)).toEqual([
      -1, -0.6667, 0.3333, 1,
    ]);
    expect(dynamic.data.slice(4)).toEqual(x0.data.slice(4));
  });
});

test('systems of linear equations are solved, with zeros on the diagonal too', () => {
  expect(
    solveLinear(
      [
        [0, 2],
        [4, 0],
      ],
      [6, 8],
    ),
  ).toEqual([2, 3]);
  const number = fc.integer({ min: -9, max: 9 });
  const row = fc.tuple(number, number, number);
  fc.assert(
    fc.property(fc.tuple(row, row, row), row, (matrix, solution) => {
      const [[a, b, c], [d, e, f], [g, h, i]] = matrix;
      const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
      fc.pre(determinant !== 0);
      const right = matrix.map((r) => r.reduce((sum, v, k) => sum + v * solution[k], 0));
      solveLinear(matrix, right).forEach((v, k) => expect(v).toBeCloseTo(solution[k], 6));
    }),
  );
});

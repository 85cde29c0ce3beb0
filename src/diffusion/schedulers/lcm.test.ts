import { expect, it } from 'vitest';
import { lcm, lcmConfig } from './lcm.ts';

const scheduler = lcm(lcmConfig.parse({}));

it.each([
  // As LCMScheduler.set_timesteps(steps, strength=strength) of diffusers has them.
  [4, 1, [999, 759, 499, 259]],
  [4, 0.5, [499, 379, 259, 139]],
  [2, 0.1, [99, 59]],
])('%d steps of strength %d lie in the last part of the way', (steps, strength, timesteps) => {
  expect(scheduler.upTo!(strength).sampling(steps).timesteps).toEqual(timesteps);
});

it('refuses more steps than it was distilled at in that part', () => {
  expect(() => scheduler.upTo!(0.1).sampling(6)).toThrow('6 denoising steps (valid: 1 to 5)');
  expect(() => scheduler.upTo!(0.01).sampling(1)).toThrow('1 denoising steps');
});

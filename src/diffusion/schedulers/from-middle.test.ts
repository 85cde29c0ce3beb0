import { expect, it, test } from 'vitest';
import { float32 } from '../../tensor/tensor.ts';
import { fromMiddle } from './from-middle.ts';
import { schedulerFrom } from './registry.ts';
import type { Scheduler } from './scheduler.ts';

const schedulerOf = (name: string, more: object = {}): Scheduler =>
  schedulerFrom({ _class_name: name, ...more }, 'scheduler_config.json');

test.each([
  [0.75, 8, 6],
  [0.6, 6, 3],
  [1, 5, 5],
  [0.2, 5, 1],
])('strength %d of %d steps takes %d', (strength, steps, taken) => {
  const scheduler = schedulerOf('DDIMScheduler');
  const all = scheduler.sampling(steps).timesteps;
  expect(fromMiddle(scheduler, steps, strength).timesteps).toEqual(all.slice(steps - taken));
});

it('counts steps, not calls, of a scheduler that needs several', () => {
  const scheduler = schedulerOf('HeunDiscreteScheduler');
  const whole = scheduler.sampling(4);
  const half = fromMiddle(scheduler, 4, 0.5);
  // The first step begins at a time step that is called twice on the whole way.
  expect(half.timesteps).toEqual(whole.timesteps.slice(4));
  expect(half.sigmas).toEqual(whole.sigmas!.slice(4));
});

it.each(['HeunDiscreteScheduler', 'UniPCMultistepScheduler', 'EulerDiscreteScheduler'])(
  'of %s steps as the whole way does from there, with nothing to remember',
  (name) => {
    const scheduler = schedulerOf(name);
    const x = float32([1, 1, 1, 2], [0.3, -2]);
    const output = float32([1, 1, 1, 2], [1, 0.5]);
    const none = (): typeof x => x;
    const half = fromMiddle(scheduler, 6, 0.5);
    const whole = scheduler.sampling(6);
    const first = whole.timesteps.length - half.timesteps.length;
    expect(half.scaleInput(x, 0)).toEqual(whole.scaleInput(x, first));
    const begun = half.step(output, 0, x, none);
    const nothing = { calls: 0, outputs: [] };
    expect(begun).toEqual(whole.step(output, first, x, none, nothing));
    expect(half.step(output, 1, begun.previous, none, begun.memory)).toEqual(
      whole.step(output, first + 1, begun.previous, none, begun.memory),
    );
  },
);

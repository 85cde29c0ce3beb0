import { expect, it } from 'vitest';
import { StageClock } from './stage-clock.ts';

it('gives the time before an event to the stage of the event', () => {
  let now = 5000;
  const clock = new StageClock(() => now);
  const after = (seconds: number, stage: string): void => {
    now += 1000 * seconds;
    clock.listen({ stage });
  };
  after(1, 'read');
  after(2, 'edit');
  after(3, 'edit');
  after(4, 'train');
  after(5, 'edit');
  now += 6000;
  expect(clock.stop('write')).toEqual({ read: 1, edit: 10, train: 4, write: 6 });
});

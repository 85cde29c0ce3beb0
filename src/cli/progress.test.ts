import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ProgressBar } from './progress.ts';

const terminal = Object.getOwnPropertyDescriptor(process.stderr, 'isTTY');
beforeEach(() => {
  vi.useFakeTimers();
  Object.defineProperty(process.stderr, 'isTTY', { value: true, configurable: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  if (terminal) Object.defineProperty(process.stderr, 'isTTY', terminal);
  else Reflect.deleteProperty(process.stderr, 'isTTY');
});

it('a bar tells the time left by what this run has done, not by what an earlier one had', () => {
  let shown = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
  const bar = new ProgressBar();
  const step = (done: number): void =>
    bar.listen({ stage: 'train', done, total: 1000, unit: 'steps', metrics: { loss: 0.5 } });
  step(900);
  vi.advanceTimersByTime(20_000);
  step(950);
  vi.advanceTimersByTime(200);
  bar.stop();
  expect(shown).toContain('95 %  950/1000 steps, 2.5/s  20 s left  loss 0.500');
  const line = shown.slice(shown.lastIndexOf('train'), shown.lastIndexOf('0.500') + 5);
  expect(line.length).toBeLessThanOrEqual(80);
});

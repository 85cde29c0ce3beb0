import { describe, expect, it } from 'vitest';
import { pause } from './job.ts';

describe('pause', () => {
  it('takes its time', async () => {
    const start = performance.now();
    await pause(60, new AbortController().signal);
    expect(performance.now() - start).toBeGreaterThan(55);
  });

  it('ends at once when the job is cancelled, or has been', async () => {
    const controller = new AbortController();
    const start = performance.now();
    setTimeout(() => controller.abort(), 20);
    await expect(pause(60_000, controller.signal)).rejects.toMatchObject({ code: 'interrupted' });
    await expect(pause(60_000, controller.signal)).rejects.toMatchObject({ code: 'interrupted' });
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});

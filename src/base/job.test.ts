import { describe, expect, it } from 'vitest';
import { ModelLockError } from './error.ts';
import { pause, resumable, throwIfAborted } from './job.ts';

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

describe('what is interrupted', () => {
  const stopped = async (): Promise<void> => throwIfAborted(AbortSignal.abort('by hand'));

  it('begins anew, unless it says that it goes on', async () => {
    await expect(stopped()).rejects.toThrow(/^interrupted$/);
    const told = { message: 'interrupted; run the same command again to go on', cause: 'by hand' };
    await expect(resumable(stopped)).rejects.toMatchObject({ code: 'interrupted', ...told });
    await expect(resumable(() => resumable(stopped))).rejects.toMatchObject(told);
  });

  it('is nothing that fails or ends', async () => {
    const broken = new ModelLockError('data', 'there are no pictures');
    await expect(resumable(() => Promise.reject(broken))).rejects.toBe(broken);
    expect(await resumable(() => Promise.resolve(7))).toBe(7);
  });
});

import { ModelLockError } from '../base/error.ts';
import { breathe, throwIfAborted, type JobOptions } from '../base/job.ts';
import type { Tensors } from '../runtime/session.ts';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import type { Schedule } from './schedule.ts';
import type { Trainer } from './trainer.ts';

/** Where checkpoints are kept. `save` must be atomic: a killed job reads what it wrote last. */
export interface CheckpointStore {
  /** For error messages. */
  readonly where: string;
  load(): Promise<Uint8Array | undefined>;
  /** @param parts of the file, one after the other; valid until the promise is fulfilled. */
  save(parts: readonly Uint8Array[]): Promise<void>;
}

export interface FitOptions extends JobOptions {
  /** Steps in all, those of earlier runs included. */
  readonly steps: number;
  /** Base learning rate; `schedule` scales it. */
  readonly learningRate: number;
  readonly schedule: Schedule;
  /**
   * The inputs of a step. It must depend on the step's number alone, so that a resumed job sees
   * what an uninterrupted one would have seen.
   */
  batch(step: number): Promise<Tensors>;
  readonly checkpoints?: CheckpointStore;
  /** Time between checkpoints in seconds. Default 20. */
  readonly checkpointSeconds?: number;
  /** Name of the stage in progress events. Default `train`. */
  readonly stage?: string;
}

/**
 * Trains up to `steps`, going on from the last checkpoint. Interrupted at any moment and run
 * again, it ends with the same weights. Throws `data` where training diverges, before such weights
 * get into a checkpoint.
 */
export async function fit(trainer: Trainer, options: FitOptions): Promise<void> {
  const { steps, checkpoints, signal, onProgress, stage = 'train' } = options;
  if (checkpoints) await resume(trainer, checkpoints);
  const checkpointMs = (options.checkpointSeconds ?? 20) * 1000;
  let [savedStep, lastSaved] = [trainer.steps, performance.now()];
  let smoothed: number | undefined;
  const batchOf = (step: number): Promise<Tensors> | undefined => {
    const batch = step < steps ? options.batch(step) : undefined;
    // It may fail before anybody waits for it.
    batch?.catch(() => undefined);
    return batch;
  };
  let next = batchOf(trainer.steps);
  while (trainer.steps < steps) {
    throwIfAborted(signal);
    const step = trainer.steps;
    const inputs = await next!;
    // Images are decoded on other threads while this one is busy with the step.
    next = batchOf(step + 1);
    const lr = options.learningRate * options.schedule(step);
    const { loss, grad_norm: norm } = await trainer.step(inputs, lr, signal);
    const value = Number(loss.data[0]);
    requireFinite(step + 1, { loss: value, 'norm of the gradient': Number(norm.data[0]) });
    smoothed = smoothed === undefined ? value : 0.95 * smoothed + 0.05 * value;
    onProgress?.({
      stage,
      done: step + 1,
      total: steps,
      unit: 'steps',
      metrics: { loss: smoothed },
    });
    if (checkpoints && performance.now() - lastSaved > checkpointMs) {
      await checkpoints.save(encodeCheckpoint(trainer));
      [savedStep, lastSaved] = [trainer.steps, performance.now()];
    }
    await breathe();
  }
  // Not where all was done before: the disk may have become full since.
  if (trainer.steps > savedStep) await checkpoints?.save(encodeCheckpoint(trainer));
}

function requireFinite(step: number, values: Readonly<Record<string, number>>): void {
  const broken = Object.entries(values).find(([, value]) => !Number.isFinite(value));
  if (!broken) return;
  const [what, value] = broken;
  throw new ModelLockError(
    'data',
    `training diverged at step ${step}: the ${what} is ${value}; a lower learning rate or other data may help`,
  );
}

/** On its own, so that nothing holds the checkpoint once it is read. */
async function resume(trainer: Trainer, checkpoints: CheckpointStore): Promise<void> {
  const saved = await checkpoints.load();
  if (saved) restoreCheckpoint(trainer, saved, checkpoints.where);
}

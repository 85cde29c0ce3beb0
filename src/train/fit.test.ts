import { describe, expect, it, test, vi } from 'vitest';
import type { ModelLockError } from '../base/error.ts';
import type { ProgressEvent } from '../base/job.ts';
import { counterRandom } from '../base/random/counter.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { sub } from '../graph/ops/binary/ops.ts';
import { matmul } from '../graph/ops/matmul/ops.ts';
import { reduceSumSquare } from '../graph/ops/reduction/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { float32, sizeOf, zeros, type Tensor } from '../tensor/tensor.ts';
import { encodeCheckpoint, restoreCheckpoint } from './checkpoint.ts';
import { fit, type CheckpointStore, type FitOptions } from './fit.ts';
import { adamW, sgd, type Optimiser } from './optimiser.ts';
import { warmupCosine } from './schedule.ts';
import { Trainer } from './trainer.ts';

/** A linear regression with a kernel of `width` numbers, all of them zero at first. */
function regression(width = 3, optimiser: Optimiser = adamW()): Promise<Trainer> {
  const weight = parameter('weight', [width, 1]);
  const predicted = matmul(input('x', 'float32', [4, width]), weight);
  const loss = reduceSumSquare(sub(predicted, input('y', 'float32', [4, 1])));
  return Trainer.create(
    { loss, parameters: new Map([['weight', weight]]) },
    { optimiser, emaDecay: 0.9, threads: 1 },
    new Map<string, Tensor>([['weight', zeros('float32', [width, 1])]]),
  );
}

function batch(step: number): Promise<Record<string, Tensor>> {
  const random = counterRandom(7, step);
  const draw = (length: number): number[] => Array.from({ length }, () => random.normal());
  return Promise.resolve({ x: float32([4, 3], draw(12)), y: float32([4, 1], draw(4)) });
}

const filled = ({ shape }: Tensor, value: number): Tensor =>
  float32(shape, new Float32Array(sizeOf(shape)).fill(value));

const options = {
  steps: 12,
  learningRate: 0.1,
  schedule: warmupCosine({ steps: 12, warmup: 3 }),
  batch,
} satisfies FitOptions;

/** Checkpoints in memory; what was saved last is what a killed job would find. */
class Memory implements CheckpointStore {
  readonly where = 'memory';
  bytes: Uint8Array | undefined;
  saves = 0;
  load = (): Promise<Uint8Array | undefined> => Promise.resolve(this.bytes);
  save = (parts: readonly Uint8Array[]): Promise<void> => {
    this.bytes = Buffer.concat(parts);
    this.saves++;
    return Promise.resolve();
  };
}

/** The whole state after training, as bytes. */
async function train(more: Partial<FitOptions> = {}): Promise<Uint8Array> {
  const trainer = await regression();
  try {
    await fit(trainer, { ...options, ...more });
    return Buffer.concat(encodeCheckpoint(trainer));
  } finally {
    await trainer.dispose();
  }
}

/** Stops a job once `at` steps are done. */
function stopAt(at: number): Pick<FitOptions, 'signal' | 'onProgress'> {
  const controller = new AbortController();
  const onProgress = ({ done }: ProgressEvent): void => {
    if (done === at) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

describe('fit', () => {
  it.each([1, 5, 11])(
    'stopped after step %i and run again, ends with the same bytes',
    async (at) => {
      const checkpoints = new Memory();
      const stopped = train({ checkpoints, checkpointSeconds: 0, ...stopAt(at) });
      await expect(stopped).rejects.toMatchObject({ code: 'interrupted' });
      expect(checkpoints.saves).toBe(at);
      const seen: number[] = [];
      const resumed = await train({ checkpoints, onProgress: ({ done }) => seen.push(done) });
      expect(seen[0]).toBe(at + 1);
      expect(resumed).toEqual(await train());
    },
  );

  it('loses only what came after the last checkpoint when it is killed', async () => {
    const checkpoints = new Memory();
    await expect(train({ checkpoints, ...stopAt(6) })).rejects.toThrow();
    expect(checkpoints.saves).toBe(0);
    expect(await train({ checkpoints })).toEqual(await train());
  });

  it('does nothing more once it is done', async () => {
    const checkpoints = new Memory();
    const first = await train({ checkpoints });
    const again = await train({
      checkpoints,
      batch: () => Promise.reject(new Error('no batch is needed')),
    });
    expect(again).toEqual(first);
    expect(checkpoints.saves).toBe(1);
  });

  it('reports every step, and passes a failed batch on', async () => {
    const events: ProgressEvent[] = [];
    await train({ onProgress: (event) => events.push(event), stage: 'fine-tune' });
    expect(events).toHaveLength(12);
    expect(events.at(-1)).toMatchObject({ stage: 'fine-tune', done: 12, total: 12, unit: 'steps' });
    const broken = (step: number): ReturnType<typeof batch> =>
      step === 3 ? Promise.reject(new Error('unreadable')) : batch(step);
    await expect(train({ batch: broken })).rejects.toThrow('unreadable');
  });

  it('says that training diverged, and keeps the checkpoint of the step before', async () => {
    const checkpoints = new Memory();
    const options = { steps: 3, checkpoints, checkpointSeconds: 0 };
    const hot = async (step: number): ReturnType<typeof batch> => {
      const { x, y } = await batch(step);
      return { x, y: step < 2 ? y : filled(y, 1e30) };
    };
    await expect(train({ ...options, batch: hot })).rejects.toMatchObject({
      code: 'data',
      message: expect.stringMatching(
        /^training diverged at step 3: the loss is Infinity/,
      ) as string,
    });
    expect(checkpoints.saves).toBe(2);
  });

  it('looks at gradients, too: they reach the weights before the loss shows it', async () => {
    const huge = async (step: number): ReturnType<typeof batch> => {
      const { x, y } = await batch(step);
      return { x: filled(x, 1e25), y };
    };
    await expect(train({ batch: huge })).rejects.toThrow('the norm of the gradient is Infinity');
  });

  it('leaves no failed batch unhandled when it was cancelled before the first step', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const failing = (): ReturnType<typeof batch> => Promise.reject(new Error('unreadable'));
    const signal = AbortSignal.abort();
    await expect(train({ batch: failing, signal })).rejects.toMatchObject({ code: 'interrupted' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

test.each<[string, () => Promise<Trainer>]>([
  ['another shape', () => regression(5)],
  ['another optimiser', () => regression(3, sgd())],
])('restoreCheckpoint refuses a checkpoint of %s, by name', async (_, other) => {
  const [mine, theirs] = await Promise.all([regression(), other()]);
  const bytes = Buffer.concat(encodeCheckpoint(theirs));
  const restore = (): void => restoreCheckpoint(mine, bytes, 'run/checkpoint.safetensors');
  expect(restore).toThrow(
    expect.objectContaining({ code: 'corrupt' } satisfies Partial<ModelLockError>) as Error,
  );
  expect(restore).toThrow(/run\/checkpoint\.safetensors/);
  await Promise.all([mine.dispose(), theirs.dispose()]);
});

test('restoreCheckpoint refuses weights that are no checkpoint', async () => {
  const trainer = await regression();
  const bytes = encodeSafetensors(trainer.snapshot().tensors);
  expect(() => restoreCheckpoint(trainer, bytes, 'x')).toThrow('x is no training checkpoint');
  await trainer.dispose();
});

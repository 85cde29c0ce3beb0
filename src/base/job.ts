import { ModelLockError } from './error.ts';

/** One step forward of a long job. */
export interface ProgressEvent {
  /** What is being done, in a word or two: `edit`, `train`, `evaluate`. */
  readonly stage: string;
  /** Units done so far, of `total`. */
  readonly done: number;
  readonly total: number;
  /** What a unit is: `images`, `steps`, `bytes`. */
  readonly unit: string;
  /** Scalars worth showing beside the bar: `{ loss: 1.23 }`. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What every long job takes. */
export interface JobOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Told, once and in a sentence, what was assumed or decided that the user may want otherwise. */
  readonly onNotice?: (text: string) => void;
}

/** Throws `interrupted` once `signal` is aborted. Call it between units of work. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ModelLockError('interrupted', 'interrupted', { cause: signal.reason });
  }
}

/** Does what goes on where it was when it is done again; says so where it is interrupted. */
export async function resumable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ModelLockError) || error.code !== 'interrupted') throw error;
    throw new ModelLockError('interrupted', 'interrupted; run the same command again to go on', {
      cause: error.cause,
    });
  }
}

/** Lets timers, signals and progress bars run: ONNX Runtime blocks the event loop during a step. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits, unless `signal` is aborted before: then it throws `interrupted` at once. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end);
  });
  throwIfAborted(signal);
}

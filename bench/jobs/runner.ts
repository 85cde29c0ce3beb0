import { execFileSync, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelLockError } from '../../src/base/error.ts';
import type { JobOptions } from '../../src/base/job.ts';
import { writeJson } from '../../src/platform/files.ts';
import { machine } from '../machine.ts';
import {
  places,
  type Job,
  type JobFailure,
  type JobMessage,
  type JobOrder,
  type LockRun,
  type Result,
  type RunOf,
  type TrainJob,
  type TrainRun,
} from './job.ts';

export interface RunnerOptions {
  /** Folder of results measured before. */
  readonly known?: string;
  /** Whether locks share what they edit; then nothing is known of the time that editing takes. */
  readonly shareEdits?: boolean;
}

/**
 * Runs jobs, each once: what has a result is not run again, and what was interrupted goes on. Each
 * has a process of its own.
 */
export class Runner {
  readonly #out: string;
  readonly #known: string | undefined;
  readonly #sharesEdits: boolean;

  /** @param out folder of data, models and results. */
  constructor(out: string, { known, shareEdits = false }: RunnerOptions = {}) {
    this.#out = out;
    this.#known = known;
    this.#sharesEdits = shareEdits;
  }

  /** The result of a job that is done. */
  async resultOf<J extends Job>(job: J): Promise<Result<J> | undefined> {
    const own = places.result(this.#out, job);
    const known = this.#known === undefined ? [] : [join(this.#known, basename(own))];
    const path = [own, ...known].find((file) => existsSync(file));
    return path === undefined ? undefined : (JSON.parse(await readFile(path, 'utf8')) as Result<J>);
  }

  /** Runs a job, and a lock's baseline before it, unless they are done. */
  async run<J extends Job>(job: J, options: JobOptions): Promise<Result<J>> {
    return (await this.resultOf(job)) ?? this.#measure(job, options);
  }

  async #measure<J extends Job>(job: J, options: JobOptions): Promise<Result<J>> {
    // A lock needs its baseline's model, not the score alone.
    if (job.kind === 'lock' && !this.#hasModel(job.baseline)) {
      await this.#measure(job.baseline, options);
    }
    const order = { job, out: this.#out, sharesEdits: this.#sharesEdits };
    const run = (await runInProcess(order, options)) as RunOf<J>;
    const where = machine(availableParallelism());
    const result: Result<J> = { job, run, machine: where, commit: commit() };
    const path = places.result(this.#out, job);
    await mkdir(dirname(path), { recursive: true });
    await writeJson(path, result);
    return result;
  }

  #hasModel(job: TrainJob): boolean {
    return existsSync(places.result(this.#out, job)) && existsSync(places.model(this.#out, job));
  }
}

function runInProcess(
  order: JobOrder,
  { signal, onProgress }: JobOptions,
): Promise<TrainRun | LockRun> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.resolve('./run-job.ts')), {
      execArgv: ['--import', 'tsx'],
    });
    const interrupt = (): void => void child.kill('SIGINT');
    signal?.addEventListener('abort', interrupt);
    let end: Exclude<JobMessage, { progress: unknown }> | undefined;
    child.on('message', (message: JobMessage) => {
      if ('progress' in message) onProgress?.(message.progress);
      else end = message;
    });
    child.once('error', reject);
    // After all messages, and whatever the process died of.
    child.once('disconnect', () => {
      signal?.removeEventListener('abort', interrupt);
      if (end && 'run' in end) resolve(end.run);
      else reject(errorOf(order.job, end?.failed));
    });
    child.send(order);
  });
}

function errorOf(
  { name }: Job,
  { code, message }: JobFailure = {
    code: 'interrupted',
    message: 'its process died; run the same command again to go on',
  },
): ModelLockError {
  return new ModelLockError(code, `${name}: ${message}`);
}

/** The commit of the library's code, with `-dirty` where files have changed since. */
function commit(): string | null {
  const how = {
    cwd: join(import.meta.dirname, '../..'),
    encoding: 'utf8',
    // What git complains of is not shown.
    stdio: 'pipe',
  } as const;
  const git = (...args: string[]): string => execFileSync('git', args, how).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'src') !== '';
    return git('log', '-1', '--format=%h', '--', 'src') + (changed ? '-dirty' : '');
  } catch {
    return null;
  }
}

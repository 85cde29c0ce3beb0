import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type {
  EditOptions,
  ErrorCode,
  EvaluationDocument,
  FineTuning,
  ModelOptions,
  ProgressEvent,
  Recipe,
  TaskName,
} from '../../src/index.ts';

/** A model or an editor, and what it was when it was measured. */
export interface Pinned {
  readonly reference: string;
  readonly hash: string;
  /** What its files do not say. */
  readonly options?: ModelOptions;
}

interface CommonJob {
  /** For people; the hash beside it is what tells jobs apart. */
  readonly name: string;
  /** Default: classification. */
  readonly task?: TaskName;
  /** The pictures: a folder's name below `data`. */
  readonly subset: string;
  readonly model: Pinned;
  readonly tuning: FineTuning;
  readonly seed: number;
  /** Of modellock. */
  readonly version: string;
}

/** Fine-tune without a lock and score. */
export interface TrainJob extends CommonJob {
  readonly kind: 'train';
  readonly fromScratch: boolean;
}

/** Lock, and evaluate beside the baseline. */
export interface LockJob extends CommonJob {
  readonly kind: 'lock';
  readonly editor: Pinned & { readonly defaults: EditOptions };
  /** A key of a benchmark is no secret: it stands in results. Its secret is 32 hexadecimal digits. */
  readonly key: { readonly prompt: string; readonly secret: string | null };
  readonly recipe: Recipe;
  readonly baseline: TrainJob;
  /** Most images that a decoy is scored on; null: the default. */
  readonly decoyImages: number | null;
}

/** Everything that decides what is measured, but the code: plain JSON. */
export type Job = TrainJob | LockJob;

/** What a job's process is told. */
export interface JobOrder {
  readonly job: Job;
  /** The folder that `places` lie in. */
  readonly out: string;
  /** Whether edits are shared with other locks; editing then takes no time of its own. */
  readonly sharesEdits: boolean;
}

/** How a job was run. */
interface Run {
  /** Pictures trained on. */
  readonly images: number;
  /**
   * By stage: `read`, `compare`, `hash`, `edit`, `train`, `evaluate`, `write`; those that edit are left out where edits are
   * shared. null for a job that was interrupted, and where a note says why times were taken out.
   */
  readonly seconds: Readonly<Record<string, number>> | null;
  /** Bytes of the process that ran it, at most; null for a job that was interrupted. */
  readonly peakMemory: number | null;
}

export interface TrainRun extends Run {
  /** The score; that of other tasks is no accuracy, but results that are there say so. */
  readonly accuracy: number;
}

export interface LockRun extends Run {
  readonly evaluation: EvaluationDocument;
}

export type RunOf<J extends Job> = J extends LockJob ? LockRun : TrainRun;

/** A result on disk. */
export interface Result<J extends Job = Job> {
  readonly job: J;
  readonly run: RunOf<J>;
  /** Where: processor, instruction sets, threads. */
  readonly machine: string;
  /** The commit of the code; null outside of a repository. */
  readonly commit: string | null;
  /** What somebody adds who knows of the run, in a clause: why its times were taken out, say. */
  readonly note?: string;
}

export interface JobFailure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What a job's process says of itself. */
export type JobMessage =
  | { readonly progress: ProgressEvent }
  | { readonly run: TrainRun | LockRun }
  | { readonly failed: JobFailure };

/** A job's name, unique by a hash of all that decides its result. */
export function idOf(job: Job): string {
  const hash = createHash('sha256').update(JSON.stringify(job)).digest('hex');
  return `${job.name.replaceAll(/[^\w.-]+/g, '-')}-${hash.slice(0, 10)}`;
}

/** Where things lie below the folder of a benchmark. */
export const places = {
  data: (out: string, { subset }: Job): string => join(out, 'data', subset),
  model: (out: string, job: Job): string => join(out, 'models', idOf(job)),
  result: (out: string, job: Job): string => join(out, 'results', `${idOf(job)}.json`),
  edits: (out: string): string => join(out, 'edits'),
} as const;

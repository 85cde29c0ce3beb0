import type { OpenModelOptions } from '../bundle/model-options.ts';
import type { FineTuneOptions } from './fine-tune.ts';
import type { PrepareOptions } from './prepare.ts';
import type { TaskName } from '../tasks/task.ts';
import type { WorkFolder } from './work-folder.ts';

/** The options of every job that trains a classifier. */
export interface TrainingJobOptions extends OpenModelOptions, PrepareOptions {
  /** A reference to the pretrained classifier. */
  readonly model: string;
  /** What the model is to do. Default `classification`. */
  readonly task?: TaskName;
  readonly seed: number;
  /** Time between checkpoints in seconds. Default 20. */
  readonly checkpointSeconds?: number;
  readonly threads?: number;
}

/** What a training takes over from its job; its checkpoints lie in the job's work folder. */
export function trainingIn(
  work: WorkFolder,
  { seed, checkpointSeconds, threads, signal, onProgress, onNotice }: TrainingJobOptions,
): Pick<
  FineTuneOptions<unknown>,
  'seed' | 'checkpoints' | 'checkpointSeconds' | 'threads' | 'signal' | 'onProgress' | 'onNotice'
> {
  const checkpoints = work.checkpoints();
  return { seed, checkpoints, checkpointSeconds, threads, signal, onProgress, onNotice };
}

/**
 * Runs one job, in a process of its own, so that its peak memory is its own: a message in says
 * which, messages out tell the progress and the end. Ends with its parent.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  evaluateBundle,
  readManifest,
  lock,
  ModelLockError,
  train,
  type EvaluationDocument,
  type JobOptions,
  type PlainScore,
} from '../../src/index.ts';
import { messageOf } from '../../src/base/error.ts';
import {
  places,
  type JobMessage,
  type JobOrder,
  type LockJob,
  type LockRun,
  type TrainJob,
  type TrainRun,
} from './job.ts';
import { referenceOf } from './plan.ts';
import { StageClock } from './stage-clock.ts';

const controller = new AbortController();
process.on('SIGINT', () => controller.abort());
process.once('disconnect', () => process.exit(1));

/** Ends where nobody listens any more. */
const tell = (message: JobMessage): void => {
  process.send!(message, (error: Error | null) => {
    if (error) process.exit(1);
  });
};

process.once('message', (order: JobOrder) => {
  void measure(order)
    .then((run): JobMessage => ({ run }))
    .catch((error: unknown): JobMessage => {
      const message = messageOf(error);
      if (error instanceof ModelLockError) return { failed: { code: error.code, message } };
      console.error(error);
      return { failed: { code: 'unsupported', message } };
    })
    .then((end) => process.send!(end, () => process.exit()));
});

async function measure(order: JobOrder): Promise<TrainRun | LockRun> {
  const { job, out } = order;
  const model = places.model(out, job);
  await mkdir(dirname(model), { recursive: true });
  const wentOn = existsSync(model) || isUnfinished(model);
  const clock = new StageClock();
  const options: JobOptions = {
    signal: controller.signal,
    onProgress: (progress) => {
      clock.listen(progress);
      tell({ progress });
    },
  };
  const measured =
    job.kind === 'lock'
      ? { evaluation: withoutFiles(await lockAndEvaluate(job, order, options)) }
      : { accuracy: await trainAndScore(job, out, options) };
  const { edit, evaluate, ...others } = clock.stop('write');
  const seconds = order.sharesEdits ? others : { edit, evaluate, ...others };
  const peakMemory = process.resourceUsage().maxRSS * 1024;
  const manifest = await readManifest(model);
  const images = manifest!.training.images!;
  return wentOn
    ? { ...measured, images, seconds: null, peakMemory: null }
    : { ...measured, images, seconds, peakMemory };
}

const isUnfinished = (model: string): boolean => existsSync(`${model}.work`);

/** Whether nothing is missing but the result: the benchmark was killed just after the job's end. */
const isFinished = (model: string): boolean => existsSync(model) && !isUnfinished(model);

async function trainAndScore(job: TrainJob, out: string, options: JobOptions): Promise<number> {
  const [model, data] = [places.model(out, job), places.data(out, job)];
  const { tuning, fromScratch, seed } = job;
  if (isFinished(model)) {
    return ((await evaluateBundle({ model, data, seed, ...options })) as PlainScore).score;
  }
  const how = {
    data,
    task: job.task,
    model: referenceOf(job.model),
    modelOptions: job.model.options,
    tuning,
    fromScratch,
    seed,
  };
  const { score } = await train({ ...how, ...options, out: model });
  return score!;
}

/** The names of files are this machine's, and no table's. */
function withoutFiles({
  overlap: _overlap,
  skipped: _skipped,
  ...evaluation
}: EvaluationDocument): EvaluationDocument {
  return evaluation;
}

async function lockAndEvaluate(
  job: LockJob,
  { out, sharesEdits }: JobOrder,
  options: JobOptions,
): Promise<EvaluationDocument> {
  const [model, data] = [places.model(out, job), places.data(out, job)];
  const { prompt, secret } = job.key;
  const how = {
    ...options,
    task: job.task,
    data,
    key: { prompt, ...(secret === null ? {} : { secret: Buffer.from(secret, 'hex') }) },
    baseline: places.model(out, job.baseline),
    editor: job.editor.reference,
    seed: job.seed,
    decoyImages: job.decoyImages ?? undefined,
  };
  if (isFinished(model)) return (await evaluateBundle({ ...how, model })) as EvaluationDocument;
  const { evaluation } = await lock({
    ...how,
    model: referenceOf(job.model),
    modelOptions: job.model.options,
    recipe: job.recipe,
    tuning: job.tuning,
    ...(sharesEdits ? { edits: places.edits(out) } : {}),
    out: model,
  });
  return evaluation!;
}

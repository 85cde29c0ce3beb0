import { requireArguments } from '../../base/arguments.ts';
import { version } from '../../base/version.ts';
import { ModelLockError } from '../../base/error.ts';
import { counterRandom } from '../../base/random/counter.ts';
import { openTextClassifier } from '../../bundle/open-text-classifier.ts';
import { withTextWeights, type TextCheckpoint } from '../../bundle/text-checkpoint.ts';
import { writeTextBundle } from '../../bundle/write-text.ts';
import type { LabelledText } from '../../data/text/read-texts.ts';
import { measuresWith, positiveClass } from '../../evaluate/measures.ts';
import { sha256 } from '../../platform/crypto.ts';
import { classification } from '../../tasks/classification.ts';
import type { NamedEstimates } from '../../tasks/tally.ts';
import { textTask } from '../../tasks/task.ts';
import { labelWeights } from '../class-weights.ts';
import { tuningOfKept } from '../last-layer.ts';
import { measuredOf } from '../publish.ts';
import { trainingIn, type TrainingJobOptions } from '../training-job.ts';
import { inWorkFolder, type WorkFolder, type WorkOptions } from '../work-folder.ts';
import { outcomeOfTexts } from './evaluate-texts.ts';
import { fineTuneTexts, keepsTextHead } from './fine-tune-texts.ts';
import { encodedFor, openTextSets, type TextDataOptions } from './text-sets.ts';
import { textTuning } from './text-tuning.ts';

/** `out` is the folder of the new bundle. */
export interface TrainTextsOptions
  extends
    TextDataOptions,
    Omit<TrainingJobOptions, 'task' | 'modelOptions' | 'inputSize'>,
    WorkOptions<TrainTextsResult> {
  /** Tokens of a text at most, marks counted; texts are cut there. Default: what the model takes. */
  readonly maxTokens?: number;
  /** Begins with random weights instead of the checkpoint's: what is its pretraining worth? */
  readonly fromScratch?: boolean;
  /** The class whose sensitivity, specificity and AUROC are given. Default: the second of two. */
  readonly positive?: string;
}

export interface TrainTextsResult {
  readonly bundle: string;
  /** Texts trained on. */
  readonly texts: number;
  /** Lines without a text, which were left out. */
  readonly skipped: readonly string[];
  readonly metric: string;
  /** On the test set; null without one. */
  readonly score: number | null;
  /** Other scores on the test set, by name, with 95 % intervals; null without one. */
  readonly measures: NamedEstimates | null;
}

/** Fine-tunes a text classifier on a table of texts. */
export async function trainTexts(options: TrainTextsOptions): Promise<TrainTextsResult> {
  requireArguments('trainTexts', options, {
    data: 'text',
    model: 'text',
    out: 'text',
    seed: 'whole number',
  });
  return inWorkFolder(options, (work) => trainIn(work, options));
}

const place = { interval: 73 } as const;

async function trainIn(work: WorkFolder, options: TrainTextsOptions): Promise<TrainTextsResult> {
  const { fromScratch, seed } = options;
  const { checkpoint, identity } = await openTextClassifier(options.model, options);
  const base = startOf(checkpoint, options);
  const wanted = textTuning(base.classifier, options.tuning);
  const sets = await openTextSets(options, base.classifier.labels);
  const { classes, train, test, overlap, skipped } = sets;
  const tuning = tuningOfKept(wanted, keepsTextHead(base, classes));
  const positive = positiveClass(classes, options.positive);
  const ended = await work.claim<TrainTextsResult>({
    kind: 'train-texts',
    model: identity.hash,
    maxTokens: base.maxTokens,
    tuning,
    fromScratch,
    seed,
    classes,
    texts: sha256(JSON.stringify(train.map(({ text, label }) => [text, label]))),
  });
  if (ended) return ended;
  for (const sentence of overlap) options.onNotice?.(sentence);
  const labels = train.map(({ label }) => label);
  const tuned = await fineTuneTexts({
    base,
    labels: classes,
    rows: {
      ids: encodedFor(base, textsOf(train), options, 'training texts'),
      labels,
    },
    weightOf: labelWeights(classification, tuning, sharesOf(labels, classes.length)),
    tuning,
    ...trainingIn(work, options),
  });
  const trained = withTextWeights(base, tuned);
  const outcome = test ? await outcomeOfTexts(trained, test, options) : null;
  await writeTextBundle(work.made('bundle'), trained, {
    format: 1,
    modellock: version,
    task: textTask,
    labels: [...classes],
    base: identity,
    lock: null,
    training: {
      seed,
      texts: train.length,
      epochs: tuning.epochs,
      tuning: { ...tuning },
      ...(fromScratch ? { fromScratch } : {}),
    },
    measured: outcome && measuredOf(classification.metric, outcome),
  });
  const result: TrainTextsResult = {
    bundle: options.out,
    texts: train.length,
    skipped,
    metric: classification.metric,
    score: outcome?.score ?? null,
    measures:
      outcome && measuresWith(outcome.measures(counterRandom(seed, place.interval)), positive),
  };
  await work.publish('bundle', result);
  return result;
}

const textsOf = (samples: readonly LabelledText[]): string[] => samples.map(({ text }) => text);

/** What training begins with. Throws `usage` for texts longer than the model takes. */
function startOf(
  checkpoint: TextCheckpoint,
  { maxTokens = checkpoint.maxTokens, fromScratch }: TrainTextsOptions,
): TextCheckpoint {
  if (maxTokens < fewestTokens || maxTokens > checkpoint.maxTokens) {
    throw new ModelLockError('usage', `texts of up to ${maxTokens} tokens`, {
      valid: [`${fewestTokens} to ${checkpoint.maxTokens}, which the model takes`],
    });
  }
  return { ...checkpoint, maxTokens, ...(fromScratch ? { weights: new Map() } : {}) };
}

/** A token between both marks. */
const fewestTokens = 3;

/** Share of each class, [classes]. */
const sharesOf = (labels: readonly number[], classes: number): number[] =>
  Array.from(
    { length: classes },
    (_, c) => labels.filter((label) => label === c).length / labels.length,
  );

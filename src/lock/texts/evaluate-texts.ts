import type { JobOptions } from '../../base/job.ts';
import { openTextClassifier } from '../../bundle/open-text-classifier.ts';
import type { TextCheckpoint } from '../../bundle/text-checkpoint.ts';
import { TextPredictor } from '../../bundle/text-predictor.ts';
import { matchingOf } from '../../data/class-places.ts';
import type { LabelledText } from '../../data/text/read-texts.ts';
import { positiveClass } from '../../evaluate/measures.ts';
import { clustersOf } from '../../metrics/clusters.ts';
import { classification } from '../../tasks/classification.ts';
import type { Outcome } from '../../tasks/tally.ts';
import { textTask } from '../../tasks/task.ts';
import { pairingNotice, plainScoreOf, type PlainScore } from '../plain-score.ts';
import {
  drawn,
  encodedFor,
  openTestTexts,
  textOverlap,
  type TextDataOptions,
} from './text-sets.ts';

export interface EvaluateTextsOptions extends JobOptions, Omit<TextDataOptions, 'test'> {
  /** A bundle or any text classifier. */
  readonly model: string;
  /** The class whose sensitivity, specificity and AUROC are shown first. Default: the second of two. */
  readonly positive?: string;
}

/** Scores a text classifier on the test or validation side of a table, or all of one that is not split. */
export async function evaluateTexts(options: EvaluateTextsOptions): Promise<PlainScore> {
  const { checkpoint } = await openTextClassifier(options.model, options);
  const { labels } = checkpoint.classifier;
  const { limit, seed, skipBad } = options;
  positiveClass(labels, options.positive);
  const set = await openTestTexts(options, labels);
  const matched = matchingOf(set.ownClasses, labels);
  if (matched === 'order') options.onNotice?.(pairingNotice(set.ownClasses, labels));
  const samples = drawn(set.samples, limit, seed);
  for (const sentence of textOverlap(set.known, samples)) options.onNotice?.(sentence);
  const outcome = await outcomeOfTexts(checkpoint, samples, options);
  const task = { name: textTask, metric: classification.metric } as const;
  return {
    ...plainScoreOf(task, labels, outcome, options),
    matched,
    ...(skipBad ? { skipped: set.skipped } : {}),
  };
}

/** How well a text classifier answers to texts. */
export async function outcomeOfTexts(
  checkpoint: TextCheckpoint,
  samples: readonly LabelledText[],
  job: JobOptions,
): Promise<Outcome> {
  const predictor = new TextPredictor(checkpoint);
  try {
    const texts = samples.map(({ text }) => text);
    const ids = encodedFor(checkpoint, texts, job, 'test texts');
    const tally = classification.tally(predictor.labels.length);
    tally.add(
      await predictor.logitsOf(ids, job),
      samples.map(({ label }) => label),
    );
    return tally.outcome(clustersOf(samples.map(({ group }) => group)));
  } finally {
    await predictor.dispose();
  }
}

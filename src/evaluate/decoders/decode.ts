import { ModelLockError } from '../../base/error.ts';
import type { Random } from '../../base/random/random.ts';
import type { Estimate } from '../../metrics/intervals.ts';
import type { Readable, ReadableClasses, ReadableQuestions } from '../../tasks/tally.ts';
import { takeRows } from '../../tasks/rows.ts';
import type { Decoder, QuestionDecoder } from './decoder.ts';
import { logisticRegression, logisticRegressions } from './logistic-regression.ts';
import { manyToOneMapping, oneToOneMapping } from './mappings.ts';
import { leastLikely, opposite, secondBest } from './ranks.ts';
import { splitByCluster, stratifiedSplit } from './split.ts';

/** Every decoder of rows of one class each, in the order of reports. */
export const decoders = {
  'logistic-regression': logisticRegression,
  'least-likely': leastLikely,
  'second-best': secondBest,
  'one-to-one-mapping': oneToOneMapping,
  'many-to-one-mapping': manyToOneMapping,
} as const satisfies Record<string, Decoder>;

/** The same where each class is a question of its own. */
export const questionDecoders = {
  'logistic-regressions': logisticRegressions,
  opposite,
} as const satisfies Record<string, QuestionDecoder>;

export const allDecoders = { ...decoders, ...questionDecoders };

export type DecoderName = keyof typeof allDecoders;

/** The task's score on the half that the decoder has not seen, in [0, 1]. */
export interface DecoderResult extends Estimate {
  readonly name: DecoderName;
}

/** Fewer pictures than this, or clusters of them, cannot be halved and fitted. */
const fewest = 4;

/**
 * What an attacker reads out of a locked model's answers to clean images: each decoder is fitted on
 * one half of the rows, drawn at random, and scored on the other: stratified by class, or by whole
 * clusters where rows belong together. Where the lock holds, none is better than chance. Empty where
 * there is too little to divide.
 *
 * @param readable its rows are finite. Throws `shape` or `data`.
 */
export function decodeOutputs(readable: Readable, random: Random): DecoderResult[] {
  requireUsable(readable);
  if (readable.clusters.count < fewest) return [];
  return readable.kind === 'classes'
    ? decodeClasses(readable, random)
    : decodeQuestions(readable, random);
}

function decodeClasses(readable: ReadableClasses, random: Random): DecoderResult[] {
  const { logits, labels, clusters, estimate } = readable;
  const { first, second } =
    clusters.count < labels.length
      ? splitByCluster(clusters, 0.5, random)
      : stratifiedSplit(labels, 0.5, random);
  const [known, unknown] = [takeRows(logits, first), takeRows(logits, second)];
  const knownLabels = first.map((i) => labels[i]);
  return entriesOf(decoders).map(([name, decoder]) => {
    const predict = decoder.fit(known, knownLabels, random);
    return { name, ...estimate(second, predict(unknown), random) };
  });
}

function decodeQuestions(readable: ReadableQuestions, random: Random): DecoderResult[] {
  const { logits, labels, clusters, estimate } = readable;
  const { first, second } = splitByCluster(clusters, 0.5, random);
  // Without a yes there is nothing to score.
  if (!takeRows(labels, second).data.includes(1)) return [];
  const [known, unknown] = [takeRows(logits, first), takeRows(logits, second)];
  const knownLabels = takeRows(labels, first);
  return entriesOf(questionDecoders).map(([name, decoder]) => {
    const predict = decoder.fit(known, knownLabels, random);
    return { name, ...estimate(second, predict(unknown), random) };
  });
}

const entriesOf = <Name extends string, D>(registry: Readonly<Record<Name, D>>): [Name, D][] =>
  Object.entries(registry) as [Name, D][];

function requireUsable({ logits, clusters }: Readable): void {
  const [n, classes] = logits.shape;
  if (logits.shape.length !== 2 || n !== clusters.of.length) {
    throw new ModelLockError(
      'shape',
      `logits [${logits.shape.join(', ')}] do not fit ${clusters.of.length} labels`,
    );
  }
  const bad = logits.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new ModelLockError(
      'data',
      `the model's output for image ${Math.floor(bad / classes)} is ${logits.data[bad]}`,
    );
  }
}

import { ModelLockError } from '../../base/error.ts';
import type { Random } from '../../base/random/random.ts';
import type { Estimate } from '../../metrics/intervals.ts';
import type { Readable } from '../../tasks/tally.ts';
import { takeRows, type Decoder, type Logits } from './decoder.ts';
import { logisticRegression } from './logistic-regression.ts';
import { manyToOneMapping, oneToOneMapping } from './mappings.ts';
import { leastLikely, secondBest } from './ranks.ts';
import { splitByCluster, stratifiedSplit } from './split.ts';

/** Every decoder, in the order of reports. */
export const decoders = {
  'logistic-regression': logisticRegression,
  'least-likely': leastLikely,
  'second-best': secondBest,
  'one-to-one-mapping': oneToOneMapping,
  'many-to-one-mapping': manyToOneMapping,
} as const satisfies Record<string, Decoder>;

export type DecoderName = keyof typeof decoders;

/** The task's score on the half that the decoder has not seen, in [0, 1]. */
export interface DecoderResult extends Estimate {
  readonly name: DecoderName;
}

/** Fewer pictures than this, or clusters of them, cannot be halved and fitted. */
const fewest = 4;

/**
 * What an attacker reads out of a locked model's answers to clean images: each decoder is fitted on
 * one half of the rows, drawn at random, and scored on the other: stratified, or by whole clusters
 * where rows belong together. Where the lock holds, none is better than chance. Empty where there is
 * too little to divide.
 *
 * @param readable its rows are finite. Throws `shape` or `data`.
 */
export function decodeOutputs(
  { logits, labels, clusters, estimate }: Readable,
  random: Random,
): DecoderResult[] {
  requireUsable(logits, labels);
  if (clusters.count < fewest) return [];
  const { first, second } =
    clusters.count < labels.length
      ? splitByCluster(clusters, 0.5, random)
      : stratifiedSplit(labels, 0.5, random);
  const [known, unknown] = [takeRows(logits, first), takeRows(logits, second)];
  const knownLabels = first.map((i) => labels[i]);
  return Object.values(decoders).map((decoder) => {
    const predict = decoder.fit(known, knownLabels, random);
    const name = decoder.name as DecoderName;
    return { name, ...estimate(second, predict(unknown), random) };
  });
}

function requireUsable(logits: Logits, labels: readonly number[]): void {
  const [n, classes] = logits.shape;
  if (logits.shape.length !== 2 || n !== labels.length) {
    throw new ModelLockError(
      'shape',
      `logits [${logits.shape.join(', ')}] do not fit ${labels.length} labels`,
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

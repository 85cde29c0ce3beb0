import { ModelLockError } from '../../base/error.ts';
import type { Random } from '../../base/random/random.ts';
import type { Readable } from '../../tasks/tally.ts';
import { takeRows, type Decoder, type Logits } from './decoder.ts';
import { logisticRegression } from './logistic-regression.ts';
import { manyToOneMapping, oneToOneMapping } from './mappings.ts';
import { leastLikely, secondBest } from './ranks.ts';
import { splitByPicture, stratifiedSplit } from './split.ts';

/** Every decoder, in the order of reports. */
export const decoders = {
  'logistic-regression': logisticRegression,
  'least-likely': leastLikely,
  'second-best': secondBest,
  'one-to-one-mapping': oneToOneMapping,
  'many-to-one-mapping': manyToOneMapping,
} as const satisfies Record<string, Decoder>;

export type DecoderName = keyof typeof decoders;

export interface DecoderResult {
  readonly name: DecoderName;
  /** The task's score on the half that the decoder has not seen, in [0, 1]. */
  readonly value: number;
}

/** How many of n images a decoder is scored on. */
export function decodedImages(n: number): number {
  return n - Math.round(n / 2);
}

/**
 * What an attacker reads out of a locked model's answers to clean images: each decoder is fitted on
 * one half of the pictures, drawn at random and stratified, and scored on the other. Where the lock
 * holds, none is better than chance.
 *
 * @param readable its N >= 4 rows are finite. Throws `shape` or `data`.
 */
export function decodeOutputs(
  { logits, labels, pictures, score }: Readable,
  random: Random,
): DecoderResult[] {
  requireUsable(logits, labels);
  const { first, second } = pictures
    ? splitByPicture(pictures, 0.5, random)
    : stratifiedSplit(labels, 0.5, random);
  const [known, unknown] = [takeRows(logits, first), takeRows(logits, second)];
  const knownLabels = first.map((i) => labels[i]);
  const truth = second.map((i) => labels[i]);
  return Object.values(decoders).map((decoder) => {
    const predict = decoder.fit(known, knownLabels, random);
    return { name: decoder.name as DecoderName, value: score(truth, predict(unknown)) };
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
  if (n < 4) throw new ModelLockError('data', `decoding needs 4 images or more, not ${n}`);
  const bad = logits.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new ModelLockError(
      'data',
      `the model's output for image ${Math.floor(bad / classes)} is ${logits.data[bad]}`,
    );
  }
}

import { counterRandom } from '../../base/random/counter.ts';
import { hasTextHead, type TextCheckpoint } from '../../bundle/text-checkpoint.ts';
import { paddedLength } from '../../data/text/batch.ts';
import { crossEntropy } from '../../graph/functions/losses.ts';
import { input } from '../../graph/value.ts';
import { withLabels } from '../../nn/models/registry.ts';
import { textClassifierFrom } from '../../nn/models/text-registry.ts';
import { Scope } from '../../nn/scope.ts';
import { withHead, type FineTuned, type FineTuneOptions } from '../fine-tune.ts';
import { areSameClasses, lastLayerNotice } from '../last-layer.ts';
import { learn } from '../learn.ts';
import { stepsOf } from '../learning-rate.ts';
import { startingWeights } from '../starting-weights.ts';
import { TextBatches, type TextRows } from './text-batches.ts';
import { frozenTextParameters } from './text-tuning.ts';

export interface FineTuneTextsOptions extends Omit<
  FineTuneOptions<number>,
  'task' | 'base' | 'rows' | 'silences'
> {
  readonly base: TextCheckpoint;
  readonly rows: TextRows;
  /** How much a label counts; all alike unless given. */
  readonly weightOf?: ((label: number) => number) | undefined;
}

const place = { head: 52 } as const;

/** Lengths are multiples of this. */
const multiple = 8;

/** Whether a text classifier that is to learn such classes keeps its last layer. */
export const keepsTextHead = (base: TextCheckpoint, labels: readonly string[]): boolean =>
  hasTextHead(base) && areSameClasses(base.classifier.labels, labels);

/** Fine-tunes a text classifier; all texts are filled up to the length of the longest. */
export async function fineTuneTexts(options: FineTuneTextsOptions): Promise<FineTuned> {
  const { base, labels, rows, tuning, seed } = options;
  const keepsHead = keepsTextHead(base, labels);
  const before = hasTextHead(base) ? base.classifier.labels : undefined;
  options.onNotice?.(lastLayerNotice({ before, classes: labels.length, isKept: keepsHead }));
  const config = withLabels(base.config, labels);
  const classifier = textClassifierFrom(config, 'config.json');
  const steps = stepsOf(rows.ids.length, tuning);
  const longest = rows.ids.reduce((most, ids) => Math.max(most, ids.length), 0);
  const length = paddedLength(longest, multiple, base.maxTokens);

  const isFrozen = frozenTextParameters(classifier, tuning);
  const scope = Scope.root({ training: true, isFrozen });
  const { rowsAtOnce } = steps;
  const shape = [rowsAtOnce, length];
  const { logits } = classifier.build(scope, {
    ids: input('input_ids', 'int64', shape),
    mask: input('attention_mask', 'int64', shape),
  });
  const target = input('target', 'float32', [rowsAtOnce, labels.length]);
  const loss = crossEntropy(logits, target);
  const batches = new TextBatches({
    rows,
    steps,
    length,
    pad: base.tokenizer.pad,
    classes: labels.length,
    labelSmoothing: tuning.labelSmoothing,
    weightOf: options.weightOf,
    seed,
  });
  const weights = await learn(
    {
      loss,
      declared: scope.declared,
      network: classifier,
      isFrozen,
      weights: startingWeights({
        checkpoint: base,
        declared: withHead(scope.declared, classifier.isHead, tuning),
        network: classifier,
        keepsHead,
        random: counterRandom(seed, place.head),
      }),
      steps,
      batch: (step) => Promise.resolve(batches.at(step)),
    },
    options,
  );
  return { config, weights };
}

import { ModelLockError } from '../base/error.ts';
import { groupBy } from '../base/group-by.ts';
import { breathe, throwIfAborted, type JobOptions } from '../base/job.ts';
import { paddedLength, textBatch } from '../data/text/batch.ts';
import { encodeTexts } from '../data/text/encode.ts';
import { requireWeights } from '../formats/weights.ts';
import { graphOf } from '../graph/graph.ts';
import { input } from '../graph/value.ts';
import { Scope } from '../nn/scope.ts';
import { Session } from '../runtime/session.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';
import { hasTextHead, type TextCheckpoint } from './text-checkpoint.ts';

/** Texts of one batch, and what their lengths are padded to a multiple of. */
export const textPredictionBatch = 16;
const multiple = 32;

type Ids = readonly number[];

/**
 * Runs a text classifier. A text's padding depends on its own length and a batch has one size, so
 * that a prediction does not depend on its neighbours. One session is kept, of the last length: it
 * holds all weights.
 */
export class TextPredictor {
  readonly labels: readonly string[];
  readonly #checkpoint: TextCheckpoint;
  #kept: { readonly length: number; readonly session: Session } | undefined;

  /** Throws `usage` for a model without a last layer; `corrupt` where weights are missing. */
  constructor(checkpoint: TextCheckpoint) {
    this.labels = checkpoint.classifier.labels;
    this.#checkpoint = checkpoint;
    const { weights, weightsPath } = checkpoint;
    if (!hasTextHead(checkpoint)) {
      throw new ModelLockError(
        'usage',
        `${weightsPath} was pretrained without classes: it has no last layer yet`,
        { valid: ['train --task text-classification gives it one'] },
      );
    }
    if (this.labels.length < 2) {
      throw new ModelLockError(
        'usage',
        `${weightsPath} gives a text one number, not one for each of two classes or more`,
        { valid: ['train --task text-classification gives it another last layer'] },
      );
    }
    requireWeights(weights, build(checkpoint, multiple).scope.declared.parameters, weightsPath);
  }

  /** Logits of texts of any length, [texts, classes]; long ones are cut at their end. */
  logits(texts: readonly string[], job: JobOptions = {}): Promise<Tensor<'float32'>> {
    const { tokenizer, maxTokens } = this.#checkpoint;
    return this.logitsOf(encodeTexts(tokenizer, texts, maxTokens).ids, job);
  }

  /** The same of texts that are encoded. All that there are at once: they are sorted by length. */
  async logitsOf(
    encoded: readonly Ids[],
    { signal, onProgress }: JobOptions = {},
  ): Promise<Tensor<'float32'>> {
    const { tokenizer, maxTokens } = this.#checkpoint;
    const places = groupBy(encoded.keys(), (i) =>
      paddedLength(encoded[i].length, multiple, maxTokens),
    );
    const classes = this.labels.length;
    const all = new Float32Array(encoded.length * classes);
    let done = 0;
    for (const [length, rows] of places) {
      const session = await this.#sessionFor(length);
      for (let start = 0; start < rows.length; start += textPredictionBatch) {
        throwIfAborted(signal);
        const some = rows.slice(start, start + textPredictionBatch);
        const { ids, mask } = textBatch(
          some.map((i) => encoded[i]),
          length,
          tokenizer.pad,
          textPredictionBatch,
        );
        const { logits } = await session.run({ input_ids: ids, attention_mask: mask });
        const values = logits.data as Float32Array;
        some.forEach((i, row) =>
          all.set(values.subarray(row * classes, (row + 1) * classes), i * classes),
        );
        done += some.length;
        onProgress?.({ stage: 'evaluate', done, total: encoded.length, unit: 'texts' });
        await breathe();
      }
    }
    return tensor('float32', [encoded.length, classes], all);
  }

  async #sessionFor(length: number): Promise<Session> {
    if (this.#kept?.length === length) return this.#kept.session;
    await this.dispose();
    const { logits } = build(this.#checkpoint, length);
    const session = await Session.create(graphOf({ logits }), {
      parameters: this.#checkpoint.weights,
    });
    this.#kept = { length, session };
    return session;
  }

  async dispose(): Promise<void> {
    await this.#kept?.session.dispose();
    this.#kept = undefined;
  }
}

function build({ classifier, maxTokens }: TextCheckpoint, length: number) {
  const scope = Scope.root();
  const shape = [textPredictionBatch, Math.min(length, maxTokens)];
  const ids = input('input_ids', 'int64', shape);
  const mask = input('attention_mask', 'int64', shape);
  return { scope, logits: classifier.build(scope, { ids, mask }).logits };
}

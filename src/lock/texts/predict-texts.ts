import { requireArguments } from '../../base/arguments.ts';
import { ModelLockError } from '../../base/error.ts';
import type { JobOptions } from '../../base/job.ts';
import { openTextClassifier } from '../../bundle/open-text-classifier.ts';
import { TextPredictor } from '../../bundle/text-predictor.ts';
import { classification } from '../../tasks/classification.ts';
import { likeliest, type Prediction } from '../prediction.ts';
import { encodedFor } from './text-sets.ts';

export interface PredictTextsOptions extends JobOptions {
  /** A bundle or any text classifier. */
  readonly model: string;
  readonly texts: readonly string[];
  /** Classes to list for each text. Default 3. */
  readonly top?: number;
}

export interface TextPrediction extends Pick<Prediction, 'classes'> {
  readonly text: string;
}

/** What a text classifier reads in texts. Throws `usage` for an empty one. */
export async function predictTexts(options: PredictTextsOptions): Promise<TextPrediction[]> {
  requireArguments('predictTexts', options, { model: 'text', texts: 'texts' });
  const { texts, top = 3, signal } = options;
  const empty = texts.findIndex((text) => text.trim() === '');
  if (empty >= 0) {
    throw new ModelLockError('usage', `text ${empty + 1} of ${texts.length} is empty`);
  }
  const { checkpoint } = await openTextClassifier(options.model, options);
  const predictor = new TextPredictor(checkpoint);
  try {
    const ids = encodedFor(checkpoint, texts, options);
    const answers = classification.answers(await predictor.logitsOf(ids, { signal }), []);
    return answers.map(({ shares }, i) => ({
      text: texts[i],
      classes: likeliest(predictor.labels, shares, top),
    }));
  } finally {
    await predictor.dispose();
  }
}

import type { JobOptions } from '../base/job.ts';
import { Predictor } from '../bundle/predictor.ts';
import { editedWith } from '../evaluate/evaluate.ts';
import type { Key } from '../key/key.ts';
import { readImages } from '../platform/images.ts';
import { openModel, openUnlocking } from './bundle-lock.ts';

export interface PredictOptions extends JobOptions {
  /** A bundle or any classifier. */
  readonly model: string;
  readonly images: readonly string[];
  /** Edits the images first; without it the model answers as it does to everybody. */
  readonly key?: Key;
  /** Where the editor is, if not where the bundle says. */
  readonly editor?: string;
  /** Classes to list for each image. Default 3. */
  readonly top?: number;
}

export interface Prediction {
  readonly image: string;
  /** The likeliest classes first. */
  readonly classes: readonly { readonly label: string; readonly probability: number }[];
}

/** What a model sees in some images. */
export async function predict(options: PredictOptions): Promise<Prediction[]> {
  const { checkpoint, manifest } = await openModel(options.model);
  const predictor = await Predictor.create(checkpoint);
  const images = await readImages(options.images);
  const unlocking = options.key && (await openUnlocking(manifest, options.key, options.editor));
  const shown = unlocking ? await editedWith(unlocking)(images) : images;
  const { data } = await predictor.logits(shown);
  await predictor.dispose();
  await unlocking?.editor.dispose();
  const count = predictor.labels.length;
  return options.images.map((image, i) => {
    const probabilities = softmax(data.subarray(i * count, (i + 1) * count));
    const ranked = predictor.labels
      .map((label, c) => ({ label, probability: probabilities[c] }))
      .sort((a, b) => b.probability - a.probability);
    return { image, classes: ranked.slice(0, options.top ?? 3) };
  });
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (x) => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

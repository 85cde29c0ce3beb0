import { throwIfAborted, type JobOptions } from '../base/job.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { Key } from '../key/key.ts';
import { readImages } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import { openModel, openUnlocking } from './bundle-lock.ts';

export interface PredictOptions extends JobOptions, EditorPlace {
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
  const { checkpoint, manifest } = await openModel(options.model, options);
  const predictor = await Predictor.create(checkpoint);
  try {
    const images = await readImages(options.images);
    const shown = await unlocked(images, manifest, options);
    throwIfAborted(options.signal);
    const { data } = await predictor.logits(shown);
    const count = predictor.labels.length;
    return options.images.map((image, i) => {
      const probabilities = softmax(data.subarray(i * count, (i + 1) * count));
      const ranked = predictor.labels
        .map((label, c) => ({ label, probability: probabilities[c] }))
        .sort((a, b) => b.probability - a.probability);
      return { image, classes: ranked.slice(0, options.top ?? 3) };
    });
  } finally {
    await predictor.dispose();
  }
}

/** The images edited with the key, if one is given. */
async function unlocked(
  images: readonly RgbImage[],
  manifest: Manifest | null,
  { key, editor: reference, device, signal, onProgress }: PredictOptions,
): Promise<readonly RgbImage[]> {
  if (!key) return images;
  const {
    editor,
    options,
    key: checked,
  } = await openUnlocking(manifest, key, reference, {
    device,
    signal,
    onProgress,
  });
  try {
    return await editor.edit(images, checked, options, { signal });
  } finally {
    await editor.dispose();
  }
}

function softmax(logits: Float32Array): number[] {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (x) => Math.exp(x - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((p) => p / sum);
}

import { breathe, throwIfAborted } from '../base/job.ts';
import type { ImageItem } from '../data/image-folder.ts';
import { readImages } from '../platform/images.ts';
import { argMaxRows } from '../tasks/classification.ts';
import type { RgbImage } from '../tensor/image.ts';
import { tensor, type Tensor } from '../tensor/tensor.ts';

/** What answers for pictures. */
export interface Answering {
  readonly labels: readonly string[];
  /** [images, classes] */
  logits(images: readonly RgbImage[]): Promise<Tensor<'float32'>>;
}

/** What is done to pictures before they are shown to the model. */
export type Treatment = (images: readonly RgbImage[]) => Promise<readonly RgbImage[]>;

export const untouched: Treatment = async (images) => images;

/** Pictures held in memory at once. */
const chunk = 64;

/** What may stop the answering, and hears of it. */
export interface AnswerOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of pictures just answered. */
  readonly onProgress?: (images: number) => void;
}

/** The model's answers to treated pictures, [items, classes]; pictures are read as they are needed. */
export async function answers(
  model: Answering,
  items: readonly ImageItem[],
  treatment: Treatment,
  { signal, onProgress }: AnswerOptions = {},
): Promise<Tensor<'float32'>> {
  const classes = model.labels.length;
  const all = new Float32Array(items.length * classes);
  for (let start = 0; start < items.length; start += chunk) {
    throwIfAborted(signal);
    const some = items.slice(start, start + chunk);
    const logits = await model.logits(
      await treatment(await readImages(some.map(({ path }) => path))),
    );
    all.set(logits.data, start * classes);
    onProgress?.(some.length);
    await breathe();
  }
  return tensor('float32', [items.length, classes], all);
}

/** The share of items whose largest logit is their label's. */
export function accuracyOf(logits: Tensor<'float32'>, items: readonly ImageItem[]): number {
  const guesses = argMaxRows(logits);
  return guesses.filter((guess, i) => guess === items[i].label).length / items.length;
}

/** The same, class by class; null where a class does not occur. */
export function recallsOf(
  logits: Tensor<'float32'>,
  items: readonly ImageItem[],
  classes: number,
): (number | null)[] {
  const guesses = argMaxRows(logits);
  return Array.from({ length: classes }, (_, label) => {
    const members = items.flatMap((item, i) => (item.label === label ? [i] : []));
    const hits = members.filter((i) => guesses[i] === label).length;
    return members.length === 0 ? null : hits / members.length;
  });
}

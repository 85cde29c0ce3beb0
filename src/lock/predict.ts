import { ModelLockError } from '../base/error.ts';
import { throwIfAborted } from '../base/job.ts';
import type { Manifest } from '../bundle/manifest.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { Key } from '../key/key.ts';
import { PictureFiles } from '../data/picture-files.ts';
import type { Viewing } from '../data/viewing.ts';
import { readingAtOnce } from '../platform/images.ts';
import type { RgbImage } from '../tensor/image.ts';
import { taskNamed } from '../tasks/registry.ts';
import { openModel, openUnlocking } from './bundle-lock.ts';
import { likeliest, type Prediction } from './prediction.ts';
import { writeMasks } from './write-masks.ts';

export interface PredictOptions extends OpenModelOptions, EditorPlace {
  /** A bundle or any classifier. */
  readonly model: string;
  /** Files; of volumes, the slices that `viewing` says, or one: `scan.nii.gz#42`. */
  readonly images: readonly string[];
  /** How DICOM files and NIfTI volumes become pictures, but for what the bundle says. */
  readonly viewing?: Viewing;
  /** Edits the images first; without it the model answers as it does to everybody. */
  readonly key?: Key;
  /** Where the editor is, if not where the bundle says. */
  readonly editor?: string;
  /** Classes to list for each image. Default 3. */
  readonly top?: number;
  /** A folder to be made for what a segmenter sees: see `writeMasks`. */
  readonly out?: string;
}

/** What a model sees in some images. */
export async function predict(options: PredictOptions): Promise<Prediction[]> {
  const { checkpoint, manifest, task: name } = await openModel(options.model, options);
  const { out, top = 3, signal } = options;
  const task = taskNamed(name);
  if (out !== undefined && task.network !== 'segmenter') {
    throw new ModelLockError(
      'usage',
      `${options.model} gives no masks, so there is nothing to write`,
    );
  }
  const predictor = await Predictor.create(checkpoint);
  try {
    const files = new PictureFiles({ ...manifest?.viewing, ...options.viewing });
    const pictures = (await readingAtOnce(options.images, (name) => files.open(name))).flat();
    const images = await readingAtOnce(pictures, (picture) => picture.read());
    const shown = await unlocked(images, manifest, options);
    throwIfAborted(signal);
    const answers = task.answers(await predictor.logits(shown), images);
    const paths = pictures.map(({ path }) => path);
    if (out !== undefined) {
      const maps = answers.map(({ map }) => map!);
      await writeMasks(out, { paths, images, maps, labels: predictor.labels });
    }
    return answers.map(({ shares }, i) => ({
      image: paths[i],
      classes: likeliest(predictor.labels, shares, top),
    }));
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

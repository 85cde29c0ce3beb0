import { requireArguments } from '../base/arguments.ts';
import { ModelLockError } from '../base/error.ts';
import { throwIfAborted } from '../base/job.ts';
import { owning, type Own } from '../base/dispose.ts';
import type { Manifest } from '../bundle/manifest.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { Predictor } from '../bundle/predictor.ts';
import type { Key } from '../key/key.ts';
import { PictureFiles } from '../data/picture-files.ts';
import { pictureFilesAt } from '../data/picture-tree.ts';
import type { Picture } from '../data/sample.ts';
import type { Viewing } from '../data/viewing.ts';
import { editedWith } from '../evaluate/evaluate.ts';
import { untouched, type Treatment } from '../evaluate/score.ts';
import { readingAtOnce } from '../platform/images.ts';
import { pictureGroups } from '../platform/picture-groups.ts';
import { taskNamed } from '../tasks/registry.ts';
import { openModel, openUnlocking, type OpenedModel, type UnlockOptions } from './bundle-lock.ts';
import { requireKeyForEdits } from './lock-options.ts';
import { makingMasks, requireNewFolder, type WriteMask } from './mask-folder.ts';
import { likeliest, type Prediction } from './prediction.ts';

export interface PredictOptions extends OpenModelOptions, UnlockOptions {
  /** A bundle or any classifier. */
  readonly model: string;
  /**
   * Files, or folders with pictures in them and below; of volumes, the slices that `viewing` says, or
   * one: `scan.nii.gz#42`.
   */
  readonly images: readonly string[];
  /** How DICOM files and NIfTI volumes become pictures, but for what the bundle says. */
  readonly viewing?: Viewing;
  /** Edits the images first; without it the model answers as it does to everybody. */
  readonly key?: Key;
  /** Where the editor is, if not where the bundle says. */
  readonly editor?: string;
  /** Classes to list for each image. Default 3. */
  readonly top?: number;
  /** A folder to be made for what a segmenter sees: see `makingMasks`. */
  readonly out?: string;
}

/** What a model sees in some images. */
export async function predict(options: PredictOptions): Promise<Prediction[]> {
  requireArguments(
    'predict',
    options,
    { model: 'text', images: 'texts' },
    { key: 'key', editor: 'text', edits: 'text', out: 'text' },
  );
  const { out } = options;
  requireKeyForEdits(options, ['--unlock', '--key', '--key-file']);
  if (out !== undefined) await requireNewFolder(out);
  const opened = await openModel(options.model, options);
  if (out !== undefined && taskNamed(opened.task).network !== 'segmenter') {
    throw new ModelLockError(
      'usage',
      `${options.model} gives no masks, so there is nothing to write`,
    );
  }
  const files = new PictureFiles({ ...opened.manifest?.viewing, ...options.viewing });
  const names = (await readingAtOnce(options.images, (path) => pictureFilesAt(path))).flat();
  const pictures = (await readingAtOnce(names, (name) => files.open(name))).flat();
  if (out === undefined) return look(opened, pictures, options);
  const paths = pictures.map(({ path }) => path);
  const { labels } = opened.checkpoint.network;
  return makingMasks(out, { paths, labels }, (write) => look(opened, pictures, options, write));
}

function look(
  { checkpoint, manifest, task: name }: OpenedModel,
  pictures: readonly Picture[],
  options: PredictOptions,
  write?: WriteMask,
): Promise<Prediction[]> {
  const { top = 3, signal, onProgress } = options;
  const task = taskNamed(name);
  return owning(async (own) => {
    const predictor = own(await Predictor.create(checkpoint));
    const treatment = await treatmentOf(manifest, options, own);
    const predictions: Prediction[] = [];
    for await (const { things, images } of pictureGroups(pictures, (picture) => picture.read())) {
      throwIfAborted(signal);
      const answers = task.answers(await predictor.logits(await treatment(images)), images);
      for (const [i, { shares, map }] of answers.entries()) {
        const { path } = things[i];
        await write?.(path, images[i], map!);
        predictions.push({ image: path, classes: likeliest(predictor.labels, shares, top) });
      }
      const [done, total] = [predictions.length, pictures.length];
      onProgress?.({ stage: 'predict', done, total, unit: 'images' });
    }
    return predictions;
  });
}

/** Edits the images with the key, if one is given. */
async function treatmentOf(
  manifest: Manifest | null,
  { key, editor, device, edits, signal, onProgress }: PredictOptions,
  own: Own,
): Promise<Treatment> {
  if (!key) return untouched;
  const unlocking = await openUnlocking(manifest, key, editor, {
    device,
    edits,
    signal,
    onProgress,
  });
  own(unlocking.editor);
  return editedWith(unlocking, signal);
}

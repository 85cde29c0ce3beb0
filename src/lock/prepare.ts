import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import { asSegmenter } from '../bundle/segmenter-checkpoint.ts';
import type { Dataset } from '../data/sample.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import { readingAtOnce } from '../platform/images.ts';
import { forTask } from '../tasks/registry.ts';
import type { Task } from '../tasks/task.ts';
import type { Size } from '../tensor/image.ts';
import { requireWeightable } from './class-weights.ts';
import { keptPlaces, requireLastLayer, tuningOfKept } from './last-layer.ts';
import { checkedTuning } from './parameter-options.ts';
import { tuningFor, type FineTuning } from './tuning.ts';

export interface PrepareOptions {
  /** What differs from the task's default. */
  readonly tuning?: Partial<FineTuning>;
  /** Size of the pictures that a segmenter sees. Default: as the checkpoint or the data have it. */
  readonly inputSize?: Size;
}

export interface Prepared {
  readonly base: ModelCheckpoint;
  readonly tuning: FineTuning;
  /** Of the pictures to be trained with. */
  readonly pictures: Size;
}

/** A checkpoint as the network that a task needs, and how it is tuned. Throws `usage` and `unsupported`. */
export async function prepared<Label>(
  task: Task<Label>,
  checkpoint: ModelCheckpoint,
  set: Dataset<Label>,
  { tuning: changes, inputSize }: PrepareOptions,
): Promise<Prepared> {
  const pictures = await typicalSize(set);
  const base =
    task.network === 'segmenter'
      ? asSegmenter(checkpoint, pictures, inputSize)
      : { ...checkpoint, config: forTask(checkpoint.config, task.name) };
  requireLastLayer(base, set.classes);
  const tuning = tuningOfKept(
    checkedTuning(tuningFor(task.name, set.samples.length, changes), base),
    keptPlaces(base, set.classes) !== undefined,
  );
  requireWeightable(task, tuning);
  return { base, tuning, pictures };
}

/** Pictures that are looked at to know how large all are. */
const looked = 15;

/** The size of the picture in the middle, by area, of the first few. */
async function typicalSize({ samples }: Dataset<unknown>): Promise<Size> {
  const images = await readingAtOnce(samples.slice(0, looked), (sample) => sample.read());
  images.sort((a, b) => a.width * a.height - b.width * b.height);
  const { width, height } = images[Math.floor(images.length / 2)];
  return { width, height };
}

/**
 * The size at which pictures are edited where nobody says: the editor's own. Where a task is about
 * pixels and both the model and the pictures are larger, it is theirs, or the borders would be lost.
 */
export function editSizeFor(
  { spatial }: Pick<Task<unknown>, 'spatial'>,
  editor: Pick<ImageEditor, 'defaults'>,
  { base, pictures }: Pick<Prepared, 'base' | 'pictures'>,
): number | null {
  const own = editor.defaults.size;
  if (own === null || !spatial) return own;
  const shortSide = ({ width, height }: Size): number => Math.min(width, height);
  return Math.max(own, Math.min(shortSide(base.preprocessor.size), shortSide(pictures)));
}

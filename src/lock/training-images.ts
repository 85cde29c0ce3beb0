import { counterRandom } from '../base/random/counter.ts';
import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { pictureMemory } from '../data/memory.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import { EditCache } from '../editors/cache.ts';
import type { EditFolder } from '../editors/edit-folder.ts';
import type { EditOptions, Editor } from '../editors/editor.ts';
import { mixImages } from '../editors/image/kind.ts';
import type { Decoy } from '../key/decoys/decoys.ts';
import type { Key } from '../key/key.ts';
import type { Task } from '../tasks/task.ts';
import type { RgbImage } from '../tensor/image.ts';
import { fittedLabels } from './fitted-labels.ts';
import type { TrainingImages } from './locked-rows.ts';
import type { TrainingSet } from './training-set.ts';

export interface EditingOptions<Label> extends JobOptions {
  readonly task: Task<Label>;
  readonly set: Pick<TrainingSet<Label>, 'samples' | 'contents'>;
  readonly editor: Editor<RgbImage>;
  readonly edit: EditOptions;
  readonly key: Key;
  readonly decoys: readonly Decoy[];
  /** Decoys of each image. */
  readonly decoyEdits: number;
  readonly preprocessor: Preprocessor;
  readonly edits: EditFolder;
  readonly seed: number;
}

export interface EditedImages<Label> extends TrainingImages<Label> {
  /** Decoys that edit like the key. */
  readonly aliases: number;
}

const place = { decoy: 51 } as const;

/** Grey levels by which the key's edit must change a picture, and a decoy's differ from the key's. */
const leastDifference = 4;

/** Pictures that are looked at to compare two edits. */
const compared = 6;

/**
 * The training images in all versions that a locked set needs, edited on disk first. Each has
 * some decoys; one whose edit cannot be told from the key's is an alias of the key, and its images
 * are shown clean instead.
 *
 * Throws `key` for a key that hardly changes the pictures: nothing could tell whether it was used.
 */
export async function editTrainingImages<Label>(
  options: EditingOptions<Label>,
): Promise<EditedImages<Label>> {
  const { task, editor, edit, key, decoys, preprocessor, seed } = options;
  const { samples, contents } = options.set;
  const cache = new EditCache(options.edits, editor, edit);
  const decoyKeys = decoys.map(({ prompt }): Key => ({ ...key, prompt }));
  const decoysOf = samples.map((_, i) => {
    const random = counterRandom(seed, place.decoy, i);
    const count = decoys.length === 0 ? 0 : options.decoyEdits;
    return Array.from({ length: count }, () => random.integer(decoys.length));
  });
  // A picture that appears twice has one edit.
  const sampleOf = (i: number): { content: string; read(): Promise<RgbImage> } => ({
    content: contents[i],
    read: () => samples[i].read(),
  });
  // One prompt after the other, so that a text is encoded once.
  const byDecoy = decoysOf
    .flatMap((some, i) => some.map((decoy) => ({ i, decoy })))
    .sort((a, b) => a.decoy - b.decoy);
  await cache.fill(
    [
      ...samples.map((_, i) => ({ sample: sampleOf(i), key })),
      ...byDecoy.map(({ i, decoy }) => ({ sample: sampleOf(i), key: decoyKeys[decoy] })),
    ],
    options,
  );

  const memory = pictureMemory();
  const clean = (i: number): Promise<RgbImage> =>
    memory.get(`${i}`, async () => preprocessor.toPixels(await samples[i].read()));
  const edited = (i: number, by: Key): Promise<RgbImage> =>
    memory.get(`${i} ${by.prompt}`, async () =>
      preprocessor.toPixels(await cache.read(contents[i], by)),
    );
  const change = await meanDifference(samples.slice(0, compared).keys(), clean, (i) =>
    edited(i, key),
  );
  if (edit.alpha * change < leastDifference) {
    throw new ModelLockError(
      'key',
      `this key changes pictures by ${(edit.alpha * change).toFixed(1)} grey levels on average, too little to tell an edited one; choose another prompt or a larger alpha`,
    );
  }
  const aliases = new Set<number>();
  for (let decoy = 0; decoy < decoys.length; decoy++) {
    const some = byDecoy
      .filter((edit) => edit.decoy === decoy)
      .slice(0, compared)
      .map(({ i }) => i);
    const difference = await meanDifference(
      some,
      (i) => edited(i, key),
      (i) => edited(i, decoyKeys[decoy]),
    );
    if (some.length > 0 && edit.alpha * difference < leastDifference) aliases.add(decoy);
  }
  const labelOf = fittedLabels(task, preprocessor);
  return {
    length: samples.length,
    label: (i) => labelOf(samples[i]),
    aliases: aliases.size,
    mix: mixImages,
    read: (i, version) => {
      if (version === 'clean') return clean(i);
      if (version === 'key') return edited(i, key);
      const decoy = decoysOf[i].at(version.decoy);
      return decoy === undefined || aliases.has(decoy) ? clean(i) : edited(i, decoyKeys[decoy]);
    },
  };
}

/** The mean difference of two versions of some images, in grey levels. */
async function meanDifference(
  places: Iterable<number>,
  first: (i: number) => Promise<RgbImage>,
  second: (i: number) => Promise<RgbImage>,
): Promise<number> {
  let [sum, count] = [0, 0];
  for (const i of places) {
    const [a, b] = [await first(i), await second(i)];
    for (let k = 0; k < a.data.length; k++) sum += Math.abs(a.data[k] - b.data[k]);
    count += a.data.length;
  }
  return count === 0 ? 0 : sum / count;
}

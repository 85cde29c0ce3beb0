import { requireArguments } from '../base/arguments.ts';
import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { pictureFilesAt } from '../data/picture-tree.ts';
import { PictureFiles } from '../data/picture-files.ts';
import { pictureStem } from '../data/picture-format.ts';
import type { Picture } from '../data/sample.ts';
import type { Viewing } from '../data/viewing.ts';
import type { EditOptions } from '../editors/editor.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import { shown } from '../editors/inpaint/paint.ts';
import { openEditor } from '../editors/open.ts';
import type { EditorPlace, EditorSetup } from '../editors/setup.ts';
import { checkedKey, requireReadable, type Key } from '../key/key.ts';
import {
  basename,
  dirname,
  exists,
  isFolder,
  join,
  makeFolder,
  relative,
  writeAtomic,
} from '../platform/files.ts';
import { encodeImage, readImages, readingAtOnce } from '../platform/images.ts';
import { pictureGroups } from '../platform/picture-groups.ts';
import { readable } from './data-sets.ts';
import { requireDistinct } from './distinct.ts';
import { fidelityTo, type Fidelity } from './fidelity.ts';
import { inWorkFolder, type WorkFolder, type WorkOptions } from './work-folder.ts';

/**
 * `out` gets the edited pictures, PNG, in the folders that the inputs had; beside each, `NAME.mask.png`
 * if masks are to be shown.
 */
export interface EditJobOptions
  extends JobOptions, EditorSetup, EditorPlace, WorkOptions<EditJobResult> {
  readonly editor: string;
  readonly key: Key;
  /**
   * Picture files, or folders with pictures in them and below; slices of volumes, as `viewing` says or
   * by number: `scan.nii.gz#42`.
   */
  readonly inputs: readonly string[];
  /** How DICOM files and NIfTI volumes become pictures. */
  readonly viewing?: Viewing;
  readonly edit?: Partial<EditOptions>;
  /** Also writes where the object was painted: the picture, dark around it. Object keys only. */
  readonly showMask?: boolean | undefined;
  /**
   * Edits the first pictures in single precision as well, where that is not the editor's, to see
   * what is lost.
   */
  readonly compare?: boolean | undefined;
  /** Leaves out pictures that cannot be read, instead of stopping at the first. */
  readonly skipBad?: boolean;
}

export interface EditJobResult {
  readonly out: string;
  readonly images: number;
  /** Pictures that could not be read. */
  readonly skipped: readonly string[];
  /** How near the edits are to those in single precision, if that was to be seen. */
  readonly fidelity: Fidelity | null;
}

interface Task {
  readonly picture: Picture;
  /** Name of the edited picture below the new folder. */
  readonly name: string;
  /** Name of the picture that shows its mask, if it is wanted. */
  readonly mask?: string;
}

/** Applies the key to pictures, for a preview or as a set to keep. Goes on where it was interrupted. */
export async function edit(options: EditJobOptions): Promise<EditJobResult> {
  requireArguments('edit', options, { editor: 'text', key: 'key', inputs: 'texts', out: 'text' });
  const key = checkedKey(options.key);
  return inWorkFolder(options, async (work) => {
    const editor = await openEditor(options.editor, options);
    try {
      requireReadable(editor.tokens(key.prompt).length);
      if (options.showMask) requireMasks(editor);
      return await editIn(work, options, key, editor);
    } finally {
      await editor.dispose();
    }
  });
}

async function editIn(
  work: WorkFolder,
  options: EditJobOptions,
  key: Key,
  editor: ImageEditor,
): Promise<EditJobResult> {
  const { signal, onProgress } = options;
  const settings = editor.settingsOf(options.edit);
  const files = new PictureFiles(options.viewing);
  const own = await work.ownFolders();
  const named = (await readingAtOnce(options.inputs, (input) => tasksOf(input, files, own))).flat();
  const found = options.showMask ? named.map(withMask) : named;
  requireDistinct(found.flatMap(filesOf));
  const byPicture = new Map(found.map((task) => [task.picture, task]));
  const pictures = found.map(({ picture }) => picture);
  const { good, skipped } = await readable(pictures, (p) => p.read(), options, options);
  const tasks = good.map((picture) => byPicture.get(picture)!);
  const job = {
    kind: 'edit',
    editor: editor.identity.hash,
    settings,
    viewing: options.viewing,
    tasks: await readingAtOnce(tasks, async ({ picture, name, mask }) => ({
      content: await picture.content(),
      name,
      mask,
    })),
  };
  const ended = await work.claim<EditJobResult>(job, key);
  if (ended) return ended;

  const made = work.made('pictures');
  const there = await Promise.all(tasks.map(({ name }) => exists(join(made, name))));
  const missing = tasks.filter((_, i) => !there[i]);
  let done = tasks.length - missing.length;
  for await (const group of pictureGroups(missing, ({ picture }) => picture.read())) {
    const { things: some, images } = group;
    const edited = await editor.edit(images, key, settings, { signal });
    for (const [k, { name, mask }] of some.entries()) {
      await makeFolder(dirname(join(made, name)));
      // First, for a picture that is there is done.
      if (mask !== undefined) {
        const prepared = editor.prepare(images[k], settings);
        const marked = shown(prepared, editor.boxOf(prepared)!);
        await writeAtomic(join(made, mask), await encodeImage(marked));
      }
      await writeAtomic(join(made, name), await encodeImage(edited[k]));
    }
    done += some.length;
    onProgress?.({ stage: 'edit', done, total: tasks.length, unit: 'images' });
  }
  const fidelity = await fidelityOf(made, tasks, options, key, editor);
  const result: EditJobResult = { out: options.out, images: tasks.length, skipped, fidelity };
  await work.publish('pictures', result);
  return result;
}

/** Pictures that are edited twice for a comparison. */
const compared = 4;

async function fidelityOf(
  made: string,
  tasks: readonly Task[],
  options: EditJobOptions,
  key: Key,
  editor: ImageEditor,
): Promise<Fidelity | null> {
  if (!options.compare || editor.precision === 'float32') return null;
  // Both at once would take the memory of both.
  await editor.dispose();
  const exact = await openEditor(options.editor, { ...options, precision: 'float32' });
  try {
    const some = tasks.slice(0, compared);
    const { signal } = options;
    const originals = await readingAtOnce(some, ({ picture }) => picture.read());
    const wanted = await exact.edit(originals, key, options.edit, { signal });
    const edited = await readImages(some.map(({ name }) => join(made, name)));
    return fidelityTo(wanted, edited);
  } finally {
    await exact.dispose();
  }
}

function requireMasks({ keyKind, identity }: ImageEditor): void {
  if (keyKind === 'object') return;
  throw new ModelLockError(
    'usage',
    `${identity.name} is used with ${keyKind} keys, which edit all of a picture: there is no mask to show`,
    { valid: ['object keys'] },
  );
}

const withMask = (task: Task): Task => ({
  ...task,
  mask: `${task.name.slice(0, -'.png'.length)}.mask.png`,
});

/** @param passedOver folders whose pictures are none of the input's. */
async function tasksOf(
  input: string,
  files: PictureFiles,
  passedOver: readonly string[],
): Promise<Task[]> {
  const isRoot = await isFolder(input);
  const paths = await pictureFilesAt(input, passedOver);
  const pictures = (await readingAtOnce(paths, (path) => files.open(path))).flat();
  return pictures.map((picture) => {
    const name = isRoot ? relative(input, picture.path) : basename(picture.path);
    return { picture, name: `${pictureStem(name)}.png` };
  });
}

/** Names of what is made of a picture. */
const filesOf = ({ picture, name, mask }: Task): { name: string; of: string }[] =>
  [name, ...(mask === undefined ? [] : [mask])].map((file) => ({ name: file, of: picture.path }));

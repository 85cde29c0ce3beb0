import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { readImageFolder } from '../data/image-folder.ts';
import type { EditOptions } from '../editors/editor.ts';
import { openEditor } from '../editors/open.ts';
import { checkedKey, type Key } from '../key/key.ts';
import {
  basename,
  dirname,
  exists,
  extname,
  isFolder,
  join,
  makeFolder,
  relative,
  writeAtomic,
} from '../platform/files.ts';
import { encodeImage, readImages } from '../platform/images.ts';

export interface EditJobOptions extends JobOptions {
  readonly editor: string;
  readonly key: Key;
  /** Picture files, or folders of class folders. */
  readonly inputs: readonly string[];
  /** Folder of the edited pictures, PNG. Those that are there already are not made again. */
  readonly out: string;
  readonly edit?: Partial<EditOptions>;
}

export interface EditJobResult {
  readonly out: string;
  readonly written: number;
  /** Pictures that were there already. */
  readonly kept: number;
}

interface Task {
  readonly from: string;
  readonly to: string;
}

/** Pictures edited at once: enough to fill batches, few enough to hold. */
const group = 64;

/** Applies the key to pictures, for a preview or as a set to keep. Goes on where it was interrupted. */
export async function edit(options: EditJobOptions): Promise<EditJobResult> {
  const key = checkedKey(options.key);
  const tasks = (await Promise.all(options.inputs.map((i) => tasksOf(i, options.out)))).flat();
  const twice = tasks.find((task, i) => tasks.findIndex((other) => other.to === task.to) !== i);
  if (twice) throw new ModelLockError('usage', `two pictures would both become ${twice.to}`);
  const there = await Promise.all(tasks.map(({ to }) => exists(to)));
  const missing = tasks.filter((_, i) => !there[i]);
  const editor = await openEditor(options.editor);
  try {
    for (let i = 0; i < missing.length; i += group) {
      const some = missing.slice(i, i + group);
      const images = await readImages(some.map(({ from }) => from));
      const edited = await editor.edit(images, key, options.edit, { signal: options.signal });
      for (const [k, { to }] of some.entries()) {
        await makeFolder(dirname(to));
        await writeAtomic(to, await encodeImage(edited[k]));
      }
      const done = i + some.length;
      options.onProgress?.({ stage: 'edit', done, total: missing.length, unit: 'images' });
    }
  } finally {
    await editor.dispose();
  }
  return { out: options.out, written: missing.length, kept: tasks.length - missing.length };
}

async function tasksOf(input: string, out: string): Promise<Task[]> {
  const png = (path: string): string => `${path.slice(0, path.length - extname(path).length)}.png`;
  if (!(await isFolder(input))) return [{ from: input, to: join(out, png(basename(input))) }];
  const { items } = await readImageFolder(input);
  return items.map(({ path }) => ({ from: path, to: join(out, png(relative(input, path))) }));
}

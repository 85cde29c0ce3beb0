import { allOrNothing } from '../base/dispose.ts';
import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import type { ModelCheckpoint } from '../bundle/checkpoint.ts';
import { manifestFile, parseManifest, type Manifest } from '../bundle/manifest.ts';
import type { OpenModelOptions } from '../bundle/model-options.ts';
import { readResolved, resolveCheckpoint } from '../bundle/open-checkpoint.ts';
import type { EditOptions, EditorIdentity } from '../editors/editor.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import { CachedEditor } from '../editors/cached-editor.ts';
import { openEditFolder, type EditKeeping } from '../editors/edit-folder.ts';
import { openEditor } from '../editors/open.ts';
import { promptReading } from '../editors/prompt-reading.ts';
import type { EditorPlace } from '../editors/setup.ts';
import type { Unlocking } from '../evaluate/evaluate.ts';
import type { Resolved } from '../formats/reference.ts';
import { checkedKey, requireReadable, type Key } from '../key/key.ts';
import { exists, join, readText } from '../platform/files.ts';
import { taskOf } from '../tasks/registry.ts';
import { textTask, type TaskName } from '../tasks/task.ts';

/** A bundle, or a plain model, opened. */
export interface OpenedModel {
  readonly checkpoint: ModelCheckpoint;
  readonly task: TaskName;
  /** null for a model that this program did not make. */
  readonly manifest: Manifest | null;
}

/** Opens a bundle or any classifier by its reference. */
export async function openModel(
  reference: string,
  options?: OpenModelOptions,
): Promise<OpenedModel> {
  return openFound(await resolveCheckpoint(reference, options), options);
}

/** The same of one that was found. */
export async function openFound(found: Resolved, options?: OpenModelOptions): Promise<OpenedModel> {
  const { checkpoint } = await readResolved(found, options);
  const manifest = await manifestIn(found);
  const named = manifest?.task;
  // What was read is no text classifier, whatever a manifest says.
  const task = named === undefined || named === textTask ? taskOf(checkpoint.config) : named;
  return { checkpoint, manifest, task };
}

/** The manifest of a bundle by its reference; null for a model that this program did not make. */
export const readManifest = async (reference: string, job?: JobOptions): Promise<Manifest | null> =>
  manifestIn(await resolveCheckpoint(reference, job));

/** The manifest beside a model that was found. */
export async function manifestIn({ folder, file }: Resolved): Promise<Manifest | null> {
  const path = join(folder, manifestFile);
  const isBundle = file === undefined && (await exists(path));
  return isBundle ? parseManifest(await readText(path), path) : null;
}

/**
 * The editor a bundle was locked with, as it was then.
 *
 * @param reference another place to find it at.
 * Throws `usage` for a model without a lock, or another editor than the manifest's.
 */
export async function openBundleEditor(
  manifest: Manifest | null,
  reference: string | undefined,
  place?: JobOptions & EditorPlace,
): Promise<{ editor: ImageEditor; options: EditOptions }> {
  if (!manifest?.lock) throw new ModelLockError('usage', 'this model has no lock');
  const { editor: wanted, kind, precision, loras, edit } = manifest.lock;
  const setup = { ...place, kind, precision, loras };
  const editor = await openEditor(reference ?? wanted.reference, setup).catch((error: unknown) => {
    throw reference === undefined ? withAdvice(error) : error;
  });
  if (editor.identity.hash !== wanted.hash) {
    await editor.dispose();
    throw new ModelLockError(
      'usage',
      `the model was locked with editor ${nameOf(wanted)}, and ${nameOf(editor.identity)} is another one; give the right one with --editor`,
    );
  }
  return { editor, options: { ...editor.defaults, ...edit } };
}

/** The manifest's reference may be a path of another machine. */
function withAdvice(error: unknown): unknown {
  return error instanceof ModelLockError && error.code !== 'interrupted'
    ? new ModelLockError(error.code, `${error.message}; --editor says where the editor is`, {
        cause: error,
      })
    : error;
}

const nameOf = ({ name, version, hash }: EditorIdentity): string =>
  `${name}${version === null ? '' : ` version ${version}`} (${hash.slice(0, 8)})`;

/** How a lock is opened. */
export interface UnlockOptions extends JobOptions, EditorPlace, EditKeeping {}

/** What unlocks a bundle with this key. Throws `key` for one that can unlock nothing. */
export async function openUnlocking(
  manifest: Manifest | null,
  key: Key,
  reference?: string,
  { edits, ...place }: UnlockOptions = {},
): Promise<Unlocking> {
  requireSecret(manifest, key);
  const checked = checkedKey(key);
  const folder = edits === undefined ? undefined : await openEditFolder(edits);
  return allOrNothing(async (keep) => {
    const { editor, options } = await openBundleEditor(manifest, reference, place);
    requireReadable(keep(editor).tokens(checked.prompt).length);
    return {
      editor: folder ? new CachedEditor(editor, folder) : editor,
      options,
      key: checked,
      ...promptReading(editor),
    };
  });
}

/** Throws `key` for a key without the secret that the lock has, or with one that it lacks. */
function requireSecret(manifest: Manifest | null, { secret }: Key): void {
  const wanted = manifest?.lock?.secret;
  if (wanted === undefined || wanted === (secret !== undefined)) return;
  throw new ModelLockError(
    'key',
    wanted
      ? 'the model was locked with a secret beside the prompt; give the key file that has both'
      : 'the key has a secret, and the model was locked with a prompt alone',
  );
}

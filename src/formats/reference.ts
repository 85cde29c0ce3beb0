import { ModelLockError } from '../base/error.ts';
import type { JobOptions } from '../base/job.ts';
import { assetPath } from '../platform/assets.ts';
import { sha256 } from '../platform/crypto.ts';
import {
  basename,
  dirname,
  exists,
  hashFile,
  isFolder,
  isOtherThanFile,
  join,
  listFolder,
  resolve,
} from '../platform/files.ts';
import { classifierLayout, onnxLayout, pipelineLayout } from './hub/layouts.ts';
import { parseHubReference } from './hub/reference.ts';
import { hubSettings } from './hub/settings.ts';
import { openSnapshot } from './hub/snapshot.ts';
import type { Wanted } from './hub/complete.ts';

/** Something that ships inside: what it is a reference to. */
export type Shipped = 'backbone' | 'editor';

/** A model or an editor found on disk. */
export interface Resolved {
  /** What finds the same again: as the user wrote it, but with its commit if it is of the hub. */
  readonly reference: string;
  readonly name: string;
  readonly folder: string;
  /** Of an editor or a model that is one file: that file, in the folder. */
  readonly file?: string;
}

/** What a download needs: it is long, and may turn out to be of no use when it has just begun. */
export interface ResolveOptions extends JobOptions, Pick<Wanted, 'accept'> {}

/**
 * The folder of a reference: a path, `pocket` for the newest that ships with the program,
 * `pocket/NAME` for a certain one, or `hf:owner/name[@revision]`, which is downloaded where the
 * hub's cache does not have it. Throws `not-found`, `usage` for what is no reference, and what
 * `openSnapshot` throws.
 */
export function resolveReference(
  reference: string,
  shipped: Shipped,
  options: ResolveOptions = {},
): Promise<Resolved> {
  if (reference === pocket) return resolveShipped(reference, shipped, shipped);
  if (reference.startsWith(`${pocket}/`)) {
    return resolveShipped(reference, reference.slice(pocket.length + 1), shipped);
  }
  if (reference.startsWith(hub)) return resolveHub(reference, shipped, options);
  return resolveFolder(reference, shipped);
}

const pocket = 'pocket';
const hub = 'hf:';

async function resolveShipped(
  reference: string,
  name: string,
  shipped: Shipped,
): Promise<Resolved> {
  const names = (await listFolder(assetPath()))
    .filter((entry) => entry.isFolder && entry.name.startsWith(`${pocket}-${shipped}`))
    .map((entry) => entry.name.slice(pocket.length + 1));
  if (!names.includes(name)) {
    throw new ModelLockError('not-found', `no ${shipped} ${reference} ships with this version`, {
      valid: [pocket, ...names.map((known) => `${pocket}/${known}`)],
    });
  }
  return { reference, name: `${pocket}-${name}`, folder: assetPath(`${pocket}-${name}`) };
}

const layouts: Readonly<Record<Shipped, Pick<Wanted, 'layout' | 'otherwise'>>> = {
  backbone: { layout: classifierLayout, otherwise: { layout: onnxLayout } },
  editor: { layout: pipelineLayout },
};

async function resolveHub(
  reference: string,
  shipped: Shipped,
  { accept, ...job }: ResolveOptions,
): Promise<Resolved> {
  const wanted = parseHubReference(reference.slice(hub.length));
  const { repository: name } = wanted;
  const { folder, commit } = await openSnapshot(
    wanted,
    { ...layouts[shipped], accept },
    await hubSettings(),
    job,
  );
  return { reference: `${hub}${name}@${commit}`, name, folder };
}

/** Names of files that may be one. */
const files: Readonly<Record<Shipped, RegExp>> = {
  backbone: /\.(?:onnx|safetensors|pth|pt|th|bin|ckpt)$/i,
  editor: /./,
};

/** In words. */
const wording: Readonly<Record<Shipped, { readonly title: string; readonly layout: string }>> = {
  backbone: {
    title: 'model',
    layout:
      'a folder with config.json and weights, an ONNX file, a file of weights (.safetensors, .pth, .pt, .th, .bin, .ckpt)',
  },
  editor: {
    title: 'editor',
    layout: 'a folder of diffusers with model_index.json, or a checkpoint in one file',
  },
};

async function resolveFolder(reference: string, shipped: Shipped): Promise<Resolved> {
  const name = basename(resolve(reference));
  if (await isFolder(reference)) return { reference, name, folder: reference };
  const isFile = await exists(reference);
  if (isFile && files[shipped].test(reference)) {
    return { reference, name, folder: dirname(reference), file: reference };
  }
  const what = isFile ? 'is a file of another kind' : 'does not exist';
  const { title, layout } = wording[shipped];
  throw new ModelLockError('not-found', `the ${title} ${reference} ${what}`, {
    valid: [pocket, layout, 'hf:owner/name[@revision]'],
  });
}

/**
 * SHA-256 over the names and contents of a folder's files, in the order of their names. What other
 * programs keep there under hidden names, such as .git, is passed over, and so are links to folders,
 * which may lead anywhere.
 *
 * @param counts whether a file does, by its path below the folder.
 * @param parts names of folders that count even where they are links.
 */
export async function hashFolder(
  folder: string,
  counts: (path: string) => boolean,
  parts: readonly string[] = [],
): Promise<string> {
  return (await hashBelow(folder, '', { counts, parts })) ?? sha256('[]');
}

interface Counting {
  readonly counts: (path: string) => boolean;
  readonly parts: readonly string[];
}

/** `undefined` where nothing counts. */
async function hashBelow(
  folder: string,
  prefix: string,
  counting: Counting,
): Promise<string | undefined> {
  const hashes: string[] = [];
  for (const { name, isFolder: isBelow } of await listFolder(folder)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const place = prefix + name;
    const isPart = isBelow || (counting.parts.includes(place) && (await isFolder(path)));
    const hash = isPart
      ? await hashBelow(path, `${place}/`, counting)
      : counting.counts(place) && !(await isOtherThanFile(path))
        ? await hashFile(path)
        : undefined;
    if (hash !== undefined) hashes.push(name, hash);
  }
  return hashes.length === 0 ? undefined : sha256(JSON.stringify(hashes));
}

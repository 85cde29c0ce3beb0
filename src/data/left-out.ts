import { groupBy } from '../base/group-by.ts';
import { extname } from '../platform/files.ts';
import type { PictureTree } from './picture-tree.ts';

/** Most names in a notice. */
const named = 5;

/**
 * What of some folders is not read, as text: those without pictures, and files that are none;
 * `undefined` where there is nothing of the kind.
 *
 * @param loose pictures beside the folders, which belong to none.
 */
export function leftOut(
  root: string,
  folders: readonly (PictureTree & { readonly name: string })[],
  loose: readonly string[],
): string | undefined {
  const empty = folders.filter(({ pictures }) => pictures.length === 0).map(({ name }) => name);
  const others = folders.flatMap((folder) => folder.others);
  const endings = groupBy(others, (path) => extname(path).toLowerCase() || 'no ending');
  const kinds = [...endings].sort(([, a], [, b]) => b.length - a.length).map(([kind]) => kind);
  const parts = [
    ...counted('pictures beside the folders', loose.length, loose),
    ...counted('folders without pictures', empty.length, empty),
    ...counted('files of unknown kind', others.length, kinds),
  ];
  return parts.length === 0 ? undefined : `left out in ${root}: ${parts.join(', ')}`;
}

const counted = (what: string, count: number, names: readonly string[]): string[] => {
  const list = [...names.slice(0, named), ...(names.length > named ? ['...'] : [])].join(', ');
  return count === 0 ? [] : [`${what}: ${count} (${list})`];
};

import { ModelLockError, messageOf } from '../../base/error.ts';
import { basename } from '../../platform/files.ts';
import { readingAtOnce } from '../../platform/images.ts';
import type { Annotation } from '../annotated-item.ts';
import { PictureFiles, type FoundPicture } from '../picture-files.ts';
import type { Picture, Sample } from '../sample.ts';
import type { ReadOptions } from './read-dataset.ts';

type Item = Annotation & { readonly path: string };

/**
 * The pictures that items name, as samples; of a volume there may be many. Whose a picture is says its
 * item, else the pattern, else its file. Throws `usage` for what is no pattern, `data` for a name that
 * it does not match.
 */
export async function openItems<T extends Item, Label>(
  items: readonly T[],
  { viewing, groupPattern, files = new PictureFiles(viewing) }: ReadOptions,
  answer: (item: T, picture: FoundPicture) => Omit<Sample<Label>, keyof Picture | keyof Annotation>,
): Promise<Sample<Label>[]> {
  const groupOf = groupPattern === undefined ? undefined : groupsBy(groupPattern);
  const opened = await readingAtOnce(items, ({ path }) => files.open(path));
  return items.flatMap((item, i) => {
    const { path, group = groupOf?.(path), split } = item;
    const known = { ...(group !== undefined && { group }), ...(split && { split }) };
    return opened[i].map((picture) => ({ ...picture, ...known, ...answer(item, picture) }));
  });
}

/** From a path to the name of a group. */
function groupsBy(pattern: string): (path: string) => string {
  const expression = compiled(pattern);
  const ofPaths = pattern.includes('/');
  return (path) => {
    const name = ofPaths ? path.replaceAll('\\', '/') : basename(path);
    const group = expression.exec(name.normalize('NFC'))?.[1];
    if (group) return group;
    throw new ModelLockError('data', `${path} does not match the pattern of groups ${pattern}`);
  };
}

function compiled(pattern: string): RegExp {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern, 'u');
  } catch (error) {
    throw new ModelLockError('usage', messageOf(error));
  }
  // An empty alternative matches everything, and the result has a place for each group.
  if (new RegExp(`${pattern}|`, 'u').exec('')!.length > 1) return expression;
  throw new ModelLockError('usage', `the pattern of groups ${pattern} has no group`, {
    valid: ['a part in brackets, as in ^([^_]+)_'],
  });
}

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const shipped = join(import.meta.dirname, '..', '..', 'assets', 'demo');

/**
 * Copies the first photographs of some classes of the demo: `folder/CLASS/000.jpg` ...
 *
 * @returns the paths.
 */
export function copyPhotographs(
  folder: string,
  count: number,
  { part = 'train', classes = ['cougar', 'lobster', 'viaduct'] } = {},
): string[] {
  return classes.flatMap((name) => {
    mkdirSync(join(folder, name), { recursive: true });
    const files = readdirSync(join(shipped, part, name))
      .sort()
      .slice(0, count);
    return files.map((file) => {
      const to = join(folder, name, file);
      copyFileSync(join(shipped, part, name, file), to);
      return to;
    });
  });
}

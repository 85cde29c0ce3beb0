import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelLockError } from '../base/error.ts';

/** The path of something that ships with the package, wherever this code runs from. */
export function assetPath(...parts: readonly string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) {
      throw new ModelLockError('not-found', 'the package has lost its assets folder');
    }
    folder = above;
  }
  return join(folder, 'assets', ...parts);
}

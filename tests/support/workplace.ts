import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { copyPhotographs } from './photographs.ts';
import { writeTinyClassifier, writeTinyEditor } from './tiny-models.ts';

/** A temporary folder with what a job takes, small: `model`, `editor`, `photos/train`, `photos/test`. */
export interface Workplace {
  readonly folder: string;
  /** A path in it. */
  at(...names: readonly string[]): string;
  /** Files below a folder in it, sorted, with `/` between folders. */
  files(...names: readonly string[]): string[];
  /** SHA-256 of each file below a folder in it. */
  hashes(...names: readonly string[]): Record<string, string>;
  remove(): void;
}

export function makeWorkplace({ train = 4, test = 2 } = {}): Workplace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'modellock-e2e-')));
  const at = (...names: readonly string[]): string => join(folder, ...names);
  const files = (...names: readonly string[]): string[] =>
    readdirSync(at(...names), { recursive: true, withFileTypes: true, encoding: 'utf8' })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(at(...names).length + 1))
      .map((path) => path.replaceAll('\\', '/'))
      .sort();
  writeTinyClassifier(at('model'));
  writeTinyEditor(at('editor'));
  copyPhotographs(at('photos', 'train'), train);
  copyPhotographs(at('photos', 'test'), test, { part: 'test' });
  return {
    folder,
    at,
    files,
    hashes: (...names) =>
      Object.fromEntries(
        files(...names).map((file) => [
          file,
          createHash('sha256')
            .update(readFileSync(at(...names, file)))
            .digest('hex'),
        ]),
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Options of `lock` that make a job tiny. */
export const tiny = ['--model', 'model', '--editor', 'editor', '--epochs', '1'] as const;

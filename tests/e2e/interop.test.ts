import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Bundles in the libraries of others, where those are: interop/README.md says how to install them. */
const python = process.env['INTEROP_PYTHON'];
const transformersJs = process.env['INTEROP_TRANSFORMERS_JS'];

const root = join(import.meta.dirname, '..', '..');
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });

describe.skipIf(!python && !transformersJs)(
  'bundles (needs INTEROP_PYTHON or INTEROP_TRANSFORMERS_JS)',
  () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'modellock-interop-'));
      run('npx', '--no-install', 'tsx', 'interop/make-bundles.ts', join(folder, 'out'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.skipIf(!python)('give the same in transformers and ONNX Runtime', () => {
      expect(run(python!, 'interop/bundles.py', join(folder, 'out'))).toMatch(
        /\n\d\d+ passed, 0 failed\n$/,
      );
    });

    it.skipIf(!transformersJs)('give the same in transformers.js', () => {
      expect(
        run('node', 'interop/transformers_js.mjs', join(folder, 'out'), transformersJs!),
      ).toMatch(/\n\d\d+ passed, 0 failed\n$/);
    });
  },
);

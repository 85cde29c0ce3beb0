import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src');

/** The rows of the table in docs/architecture.md: a room imports only itself and rooms above it. */
const documented = [
  ...readFileSync(join(root, 'docs', 'architecture.md'), 'utf8').matchAll(
    /^\| \[`(\w+)`\]\(\.\.\/src\/(\w+)\) \|/gm,
  ),
].map(([, name, folder]) => {
  expect(folder).toBe(name);
  return name;
});

/** With the public index, which only the last of them, the command line, may import. */
const rooms = [...documented.slice(0, -1), 'index.ts', ...documented.slice(-1)];

/** Packages that need nothing of the machine; all others, and Node's own modules, do. */
const portable = [
  '@bufbuild/protobuf',
  '@commander-js/extra-typings',
  '@cornerstonejs/codec-charls',
  '@cornerstonejs/codec-libjpeg-turbo-8bit',
  '@cornerstonejs/codec-openjpeg',
  '@huggingface/tokenizers',
  '@observablehq/plot',
  'dicom-parser',
  'linkedom',
  'nifti-reader-js',
  'zod',
];

interface Import {
  readonly file: string;
  readonly from: string;
}

const imports = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !isTestSupport(file))
  .flatMap((file) =>
    [
      ...readFileSync(join(source, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g),
    ].map(([, from]): Import => ({ file, from })),
  );

function isTestSupport(file: string): boolean {
  return file.split('/').includes('testing');
}

function roomOf(path: string): string {
  return path.split('/')[0];
}

test('the rooms of the documentation are the folders of src', () => {
  expect([...rooms].sort()).toEqual(readdirSync(source).sort());
  expect(documented.at(-1)).toBe('cli');
});

test('rooms import only the rooms above them', () => {
  const order = new Map<string, number>(rooms.map((room, i) => [room, i]));
  const wrong = imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ file, from }) => ({
      file,
      target: relative(source, resolve(source, dirname(file), from)),
    }))
    // What lies outside of src is above no room.
    .filter(
      ({ file, target }) => (order.get(roomOf(target)) ?? Infinity) > order.get(roomOf(file))!,
    );
  expect(wrong).toEqual([]);
});

test('the command line imports the public index only', () => {
  const wrong = imports.filter(
    ({ file, from }) =>
      roomOf(file) === 'cli' &&
      from.startsWith('.') &&
      !['cli', 'index.ts'].includes(roomOf(relative(source, resolve(source, dirname(file), from)))),
  );
  expect(wrong).toEqual([]);
});

test('only the runtime imports ONNX Runtime', () => {
  const wrong = imports.filter(
    ({ file, from }) => from.startsWith('onnxruntime') && roomOf(file) !== 'runtime',
  );
  expect(wrong).toEqual([]);
});

test('only platform, runtime and the command line touch the machine', () => {
  const machine = (from: string): boolean =>
    !from.startsWith('.') && !portable.some((name) => from === name || from.startsWith(`${name}/`));
  const wrong = imports.filter(
    ({ file, from }) => machine(from) && !['platform', 'runtime', 'cli'].includes(roomOf(file)),
  );
  expect(wrong).toEqual([]);
});

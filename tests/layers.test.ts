import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** The rooms of docs/architecture.md: a room imports only itself and rooms above it. */
const rooms = [
  'base',
  'tensor',
  'graph',
  'platform',
  'formats',
  'runtime',
  'nn',
  'data',
  'metrics',
  'tasks',
  'train',
  'diffusion',
  'key',
  'editors',
  'bundle',
  'evaluate',
  'lock',
  'attack',
  'report',
  'index.ts',
  'cli',
] as const;

const source = resolve(import.meta.dirname, '../src');

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

test('every folder of src is a room', () => {
  const found = readdirSync(source);
  expect(found.filter((name) => !(rooms as readonly string[]).includes(name))).toEqual([]);
});

test('rooms import only the rooms above them', () => {
  const order = new Map<string, number>(rooms.map((room, i) => [room, i]));
  const wrong = imports
    .filter(({ from }) => from.startsWith('.'))
    .map(({ file, from }) => ({
      file,
      target: relative(source, resolve(source, dirname(file), from)),
    }))
    .filter(({ file, target }) => order.get(roomOf(target))! > order.get(roomOf(file))!);
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
  const machine = (from: string): boolean => from.startsWith('node:') || from === 'sharp';
  const wrong = imports.filter(
    ({ file, from }) => machine(from) && !['platform', 'runtime', 'cli'].includes(roomOf(file)),
  );
  expect(wrong).toEqual([]);
});

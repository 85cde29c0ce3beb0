import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSafetensors } from '../formats/safetensors-file.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { graphOf } from '../graph/graph.ts';
import { add } from '../graph/ops/binary/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { toFloat16 } from '../tensor/convert.ts';
import { float32, tensor, type Tensor } from '../tensor/tensor.ts';
import { Session } from './session.ts';
import { storedParameters, type PlainWeight } from './stored-parameters.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-parameters-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(file: string, tensors: Record<string, Tensor>): Promise<string> {
  const path = join(folder, file);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, encodeSafetensors(new Map(Object.entries(tensors))));
  return path;
}

const x = input('x', 'float32', [3]);
const [a, b, c] = ['a', 'b', 'c'].map((name) => parameter(name, [3]));
const graph = graphOf({ y: add(add(add(x, a), b), c) });

async function sum(parameters: ReadonlyMap<string, PlainWeight>): Promise<number[]> {
  const session = await Session.create(graph, { parameters });
  const { y } = await session.run({ x: float32([3], [100, 200, 300]) });
  await session.dispose();
  return [...(y.data as Float32Array)];
}

it('maps weights of several files and dtypes, beside some in memory', async () => {
  // The odd byte puts what follows at odd places of its file.
  const odd = tensor('uint8', [1], Uint8Array.of(1));
  const half = await write('one/half.safetensors', {
    a: toFloat16(float32([3], [1, 2, 3])),
    odd,
  });
  const brain = await write('two/brain.safetensors', {
    b: tensor('bfloat16', [3], Uint16Array.of(0x4120, 0x41a0, 0x41f0)), // 10, 20, 30
  });
  const parameters = new Map<string, PlainWeight>([
    ...(await openSafetensors(half)).tensors,
    ...(await openSafetensors(brain)).tensors,
    ['c', float32([3], [0.5, 0.25, 0.125])],
  ]);
  expect((await storedParameters(parameters)).folder).toBe(folder);
  expect(await sum(parameters)).toEqual([111.5, 222.25, 333.125]);
});

it('follows links to where files lie', async () => {
  const one = float32([3], [1, 1, 1]);
  const blob = await write('blobs/0123', { a: one, b: one, c: one });
  const link = join(folder, 'snapshots.safetensors');
  await symlink('blobs/0123', link);
  const { tensors: stored } = await openSafetensors(link);
  expect((await storedParameters(stored)).folder).toBe(join(blob, '..'));
  expect(await sum(stored)).toEqual([103, 203, 303]);
});

it('reads what no file has in order', async () => {
  const values = float32([3], [1, 2, 3]);
  const computed = { ...values, read: () => Promise.resolve(values) };
  const parameters = new Map(['a', 'b', 'c'].map((name) => [name, computed]));
  expect((await storedParameters(parameters)).folder).toBeUndefined();
  expect(await sum(parameters)).toEqual([103, 206, 309]);
});

import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { graphOf, type Graph } from '../graph/graph.ts';
import { add, mul } from '../graph/ops/binary/ops.ts';
import { gather } from '../graph/ops/gather/ops.ts';
import { input, parameter } from '../graph/value.ts';
import { float32, int64, tensor, zeros, type Tensor } from '../tensor/tensor.ts';
import { Session } from './session.ts';

/** y = x * w + 1 and z = 2 y, for rows of any number. */
function affine(): Graph {
  const x = input('x', 'float32', ['rows', 2]);
  const y = add(mul(x, parameter('w', [2])), 1);
  return graphOf({ y, z: mul(y, 2) });
}

const w = float32([2], [10, 100]);
const x = float32([1, 2], [1, 2]);

describe('Session', () => {
  let session: Session;
  beforeAll(async () => {
    session = await Session.create(affine(), { threads: 1 });
  });
  afterAll(() => session.dispose());

  it('takes parameters that it was not given as inputs', async () => {
    expect([session.inputNames, session.outputNames]).toEqual([
      ['x', 'w'],
      ['y', 'z'],
    ]);
    expect(await session.run({ x, w })).toEqual({
      y: float32([1, 2], [11, 201]),
      z: float32([1, 2], [22, 402]),
    });
  });

  it('takes any length for a named axis', async () => {
    const { y } = await session.run({ x: float32([3, 2], [1, 2, 3, 4, 5, 6]), w });
    expect(y).toEqual(float32([3, 2], [11, 201, 31, 401, 51, 601]));
  });

  it('writes outputs where it is told to', async () => {
    const into = zeros('float32', [1, 2]);
    const { y, z } = await session.run({ x, w }, { y: into });
    expect([...into.data]).toEqual([11, 201]);
    expect(y).toEqual(into);
    expect([...(z.data as Float32Array)]).toEqual([22, 402]);
  });

  it('refuses to write where there is no room', async () => {
    const short = { y: zeros('float32', [1, 1]) };
    await expect(session.run({ x, w }, short)).rejects.toMatchObject({ code: 'shape' });
  });

  it.each<[string, Record<string, Tensor>, string]>([
    ['an input that is missing', { x }, 'w'],
    ['another dtype', { x: int64([1, 2], [1, 2]), w }, 'x'],
    ['another rank', { x: float32([2], [1, 2]), w }, 'x'],
    ['another length', { x: float32([1, 3], [1, 2, 3]), w }, 'x'],
  ])('refuses %s and stays usable', async (_, inputs, name) => {
    const refused = session.run(inputs);
    await expect(refused).rejects.toMatchObject({ name: 'ModelLockError', code: 'shape' });
    await expect(refused).rejects.toThrow(name);
    await expect(session.run({ x, w })).resolves.toHaveProperty('y');
  });

  it('refuses what ONNX Runtime has no type for', async () => {
    const bfloat16 = tensor('bfloat16', [1, 2], new Uint16Array(2));
    await expect(session.run({ x: bfloat16, w })).rejects.toMatchObject({ code: 'unsupported' });
  });
});

test('an index beyond its table is bad data, not a shape', async () => {
  const rows = gather(parameter('table', [3, 2]), input('ids', 'int64', [1]));
  const session = await Session.create(graphOf({ rows }), { threads: 1 });
  const run = session.run({ table: zeros('float32', [3, 2]), ids: int64([1], [3]) });
  await expect(run).rejects.toMatchObject({ name: 'ModelLockError', code: 'data' });
  await expect(run).rejects.toThrow('idx=3');
  await session.dispose();
});

test('parameters that are given are no inputs any more', async () => {
  const session = await Session.create(affine(), { threads: 1, parameters: new Map([['w', w]]) });
  expect(session.inputNames).toEqual(['x']);
  expect((await session.run({ x }))['y']).toEqual(float32([1, 2], [11, 201]));
  await session.dispose();
});

test('a session that works in place writes everything where it is told to', async () => {
  const session = await Session.create(affine(), { threads: 1, inPlace: true });
  expect(session.outputNames).toEqual(['y', 'z']);
  const into = { y: zeros('float32', [1, 2]), z: zeros('float32', [1, 2]) };
  expect(await session.run({ x, w }, into)).toBe(into);
  expect([...into.y.data, ...into.z.data]).toEqual([11, 201, 22, 402]);
  await expect(session.run({ x, w }, { y: into.y })).rejects.toThrow('output "z"');
  await expect(session.run({ x }, into)).rejects.toThrow('w');
  await session.dispose();
});

test('bytes that are no model are refused in words', async () => {
  await expect(Session.load(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
    name: 'ModelLockError',
    code: 'unsupported',
  });
});

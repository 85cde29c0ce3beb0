import * as fc from 'fast-check';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphOf, type Graph } from '../../graph/graph.ts';
import { add, mul } from '../../graph/ops/binary/ops.ts';
import { conv } from '../../graph/ops/conv/ops.ts';
import { gelu, relu } from '../../graph/ops/elementwise/ops.ts';
import { concat, slice } from '../../graph/ops/movement/join-ops.ts';
import { flatten, reshape, transpose } from '../../graph/ops/movement/shape-ops.ts';
import { layerNorm } from '../../graph/ops/norm/ops.ts';
import { globalAveragePool } from '../../graph/ops/pool/ops.ts';
import { reduceMean } from '../../graph/ops/reduction/ops.ts';
import { softmax } from '../../graph/ops/softmax/ops.ts';
import { input, parameter, type Value } from '../../graph/value.ts';
import { Session } from '../../runtime/session.ts';
import { float32, int64, toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { buildOnnx } from './build/build.ts';
import { readOnnx, type OnnxFile } from './read.ts';
import { built, onnxFile, waves, type TestFile } from './testing/onnx-file.ts';
import { encodeOnnx } from './write.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function readBytesOf(bytes: Uint8Array, name = 'model.onnx'): Promise<OnnxFile> {
  await writeFile(join(folder, name), bytes);
  return readOnnx(join(folder, name));
}

const readFile = (file: TestFile): Promise<OnnxFile> => readBytesOf(onnxFile(file));
const affine = [
  { op: 'MatMul', in: ['x', 'w'], out: ['p'] },
  { op: 'Add', in: ['p', 'b'] },
];
const w = waves([3, 4]);
const b = waves([4], 1);

/** An initialiser whose elements lie in another file. */
const elsewhere = (fields: Readonly<Record<string, string>>) => ({
  name: 'w',
  dataType: 1,
  dims: [3n, 4n],
  dataLocation: 1,
  externalData: Object.entries(fields).map(([key, value]) => ({ key, value })),
});

describe('readOnnx', () => {
  it('gives weights by name, and an architecture without them', async () => {
    const file = await readFile({ nodes: affine, initializers: { w, b } });
    expect([...file.weights.keys()]).toEqual(['w', 'b']);
    expect(await file.weights.get('w')!.read()).toEqual(w);
    expect(file.network.initializers.get('w')).toMatchObject({ role: 'weight', shape: [3, 4] });
    const bytes = onnxFile({ nodes: affine, initializers: { w, b } });
    expect(file.architecture.length).toBeLessThan(bytes.length - w.data.byteLength);
  });

  it('reads weights of the other ways to write them: numbers, Constant nodes, half precision', async () => {
    const file = await readFile({
      nodes: [
        { op: 'Constant', in: [], out: ['b'], attributes: { value: b } },
        { op: 'Gemm', in: ['x', 'w', 'b'] },
      ],
      protos: [{ name: 'w', dataType: 10, dims: [3n, 1n], int32Data: [0x3c00, 0x4000, 0xc000] }],
    });
    const stored = file.weights.get('w')!;
    expect(stored.place).toBeUndefined();
    expect(await stored.read()).toMatchObject({ dtype: 'float16', shape: [3, 1] });
    expect(await file.weights.get('b')!.read()).toEqual(b);
  });

  it('leaves weights in other files where they are', async () => {
    await writeFile(
      join(folder, 'w.bin'),
      Buffer.concat([Buffer.alloc(16), Buffer.from(w.data.buffer)]),
    );
    const proto = elsewhere({ location: 'w.bin', offset: '16', length: '48' });
    const file = await readFile({ nodes: affine, initializers: { b }, protos: [proto] });
    const stored = file.weights.get('w')!;
    expect(stored.place).toEqual({ path: join(folder, 'w.bin'), offset: 16, length: 48 });
    expect(await stored.read()).toEqual(w);
  });

  it('refuses weights out of the folder, beyond the end of a file, or of another length', async () => {
    await writeFile(join(folder, 'short.bin'), new Uint8Array(40));
    await mkdir(join(folder, 'below'), { recursive: true });
    const refused = (fields: Readonly<Record<string, string>>) =>
      expect(readFile({ nodes: affine, initializers: { b }, protos: [elsewhere(fields)] })).rejects;
    const where = `${join(folder, 'model.onnx')}: tensor "w"`;
    for (const location of ['../secret', '/etc/passwd', 'below/../../secret', '.']) {
      await refused({ location }).toThrow(
        `${where} lies in "${location}", out of the model's folder`,
      );
    }
    await refused({}).toThrow(`${where} lies in a file that is not named`);
    await refused({ location: 'short.bin' }).toThrow(`${where} ends at byte 48 of`);
    await refused({ location: 'short.bin', length: '40' }).toThrow(
      `${where} has 40 bytes, not the 48`,
    );
    await refused({ location: 'short.bin', offset: '-8' }).toThrow(`${where}: its offset is "-8"`);
    await refused({ location: 'short.bin', offset: '9999999999999999' }).toThrow(where);
    await refused({ location: 'nothing.bin' }).toThrow('nothing.bin');
  });

  it('reads through links within a snapshot, as the cache of the hub has them', async () => {
    await writeFile(join(folder, 'blob'), new Uint8Array(w.data.buffer));
    await symlink(join(folder, 'blob'), join(folder, 'linked.bin')).catch(() => undefined);
    const file = await readFile({
      nodes: affine,
      initializers: { b },
      protos: [elsewhere({ location: 'linked.bin' })],
    });
    expect(await file.weights.get('w')!.read()).toEqual(w);
  });
});

/** One layer after another, of a value [2, 4, 6]. */
const layers: Readonly<Record<string, (x: Value, name: string) => Value>> = {
  add: (x, name) => add(x, parameter(name, [6])),
  scale: (x, name) => mul(x, parameter(name, [4, 6])),
  norm: (x, name) => layerNorm(x, parameter(name, [6]), parameter(`${name}.bias`, [6])),
  gelu: (x) => gelu(x),
  relu: (x) => relu(add(x, 0.5)),
  // What is added right before a softmax would be taken for a mask.
  softmax: (x) => softmax(mul(x, 2), 1),
  turn: (x) => reshape(transpose(x, [0, 2, 1]), [x.shape[0], 4, 6]),
  halves: (x) => concat([slice(x, { axis: 2, start: 3 }), slice(x, { axis: 2, end: 3 })], 2),
  centre: (x) => add(x, reduceMean(x, { axes: [2], keepdims: true })),
  conv: (x, name) => conv(x, parameter(name, [4, 4, 3]), undefined, { padding: 1 }),
  pool: (x) => add(x, globalAveragePool(x)),
  flat: (x) => reshape(flatten(x, 1), [x.shape[0], 4, 6]),
};

function summary(graph: Graph): readonly unknown[] {
  return graph.nodes.map(({ operator, attributes, outputs }) => [
    operator.name,
    // Files hold single precision.
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'number' ? Math.fround(value) : value]],
    ),
    outputs[0].shape,
  ]);
}

async function compute(graph: Graph, weights: ReadonlyMap<string, Tensor>, x: Tensor) {
  const session = await Session.create(graph, { parameters: weights, threads: 1 });
  const { y } = await session.run({ x });
  await session.dispose();
  return toNumbers(y);
}

describe('what was written', () => {
  it('is read again as the same graph with the same numbers', async () => {
    const names = fc.array(fc.constantFrom(...Object.keys(layers)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(names, async (chain) => {
        const x = input('x', 'float32', ['batch', 4, 6]);
        const y = chain.reduce((value, name, i) => layers[name](value, `layer.${i}`), gelu(x));
        const graph = graphOf({ y });
        const weights = new Map<string, Tensor>(
          [...graph.parameters].map(([name, { shape }], i) => [name, waves(shape as number[], i)]),
        );
        const file = await readBytesOf(encodeOnnx(graph, { parameters: weights }), 'written.onnx');
        const again = graphOf({
          y: buildOnnx(file.network, { inputs: new Map([['x', x]]) }).get('y')!,
        });
        expect(summary(again)).toEqual(summary(graph));
        expect([...file.weights.keys()].sort()).toEqual([...weights.keys()].sort());
        const read = new Map<string, Tensor>();
        for (const [name, stored] of file.weights) read.set(name, await stored.read());
        const pictures = waves([2, 4, 6], 3);
        expect(await compute(again, read, pictures)).toEqual(
          await compute(graph, weights, pictures),
        );
      }),
      { numRuns: 25 },
    );
  });
});

describe('roles of initialisers', () => {
  const rolesOf = async (file: TestFile): Promise<Record<string, string>> => {
    const { network } = await readFile(file);
    return Object.fromEntries([...network.initializers].map(([name, { role }]) => [name, role]));
  };

  it('follow from what takes them, also through transpositions', async () => {
    const nodes = [
      { op: 'Transpose', in: ['w'], out: ['t'], attributes: { perm: [1, 0] } },
      { op: 'MatMul', in: ['x', 't'], out: ['p'] },
      { op: 'Add', in: ['p', 'b'], out: ['q'] },
      { op: 'Add', in: ['q', 'positions'], out: ['r'] },
      { op: 'LayerNormalization', in: ['r', 'scale', 'shift'], out: ['s'] },
      { op: 'Mul', in: ['s', 'gamma'], out: ['u'] },
      { op: 'Mul', in: ['u', 'half'], out: ['v'] },
      { op: 'Reshape', in: ['v', 'shape'] },
    ];
    const initializers = {
      w: waves([4, 3]),
      b,
      positions: waves([2, 4]),
      scale: b,
      shift: b,
      gamma: b,
      half: float32([], [0.5]),
      shape: int64([2], [-1, 4]),
    };
    expect(await rolesOf({ nodes, initializers })).toEqual({
      w: 'weight',
      b: 'bias',
      positions: 'embedding',
      scale: 'scale',
      shift: 'bias',
      gamma: 'scale',
      half: 'constant',
      shape: 'constant',
    });
  });

  it('leave alone what normalises the input, and masks', async () => {
    const nodes = [
      { op: 'Sub', in: ['x', 'mean'], out: ['c'] },
      { op: 'Div', in: ['c', 'std'], out: ['n'] },
      { op: 'MatMul', in: ['n', 'w'], out: ['p'] },
      { op: 'Add', in: ['p', 'mask'], out: ['m'] },
      { op: 'Softmax', in: ['m'] },
    ];
    const initializers = { mean: waves([3]), std: float32([3], [1, 2, 3]), w, mask: waves([2, 4]) };
    expect(await rolesOf({ nodes, initializers })).toEqual({
      mean: 'constant',
      std: 'constant',
      w: 'weight',
      mask: 'constant',
    });
  });

  it('stay the same in the architecture', async () => {
    const nodes = [
      { op: 'Constant', in: [], out: ['k'], attributes: { value: b } },
      ...affine,
      { op: 'Mul', in: ['y', 'k'], out: ['z'] },
    ];
    const { network } = await readFile({ nodes, initializers: { w, b }, outputs: ['z'] });
    expect([...network.constants.keys()]).toEqual(['k']);
    expect(Object.keys(built(network, { x: ['float32', ['batch', 3]] }))).toEqual(['z']);
  });
});

import { fromBinary } from '@bufbuild/protobuf';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { graphOf } from '../../graph/graph.ts';
import { add, mul } from '../../graph/ops/binary/ops.ts';
import { reduceSum } from '../../graph/ops/reduction/ops.ts';
import { constant, input, parameter } from '../../graph/value.ts';
import { loadOrt } from '../../runtime/ort.ts';
import { Session } from '../../runtime/session.ts';
import { float32 } from '../../tensor/tensor.ts';
import { ModelProtoSchema } from './proto/onnx_pb.ts';
import { encodeOnnx, opset } from './write.ts';

const x = input('x', 'float32', ['batch', 2]);
const w = parameter('layer.weight', [2]);
const product = mul(x, w);
const sum = reduceSum(product, { axes: [1] });
const weight = float32([2], [3, -1]);
const parameters = new Map([['layer.weight', weight]]);

/** The names of what a model takes, gives and holds. */
function parsed(bytes: Uint8Array): {
  inputs: string[];
  outputs: string[];
  initializers: string[];
} {
  const { graph } = fromBinary(ModelProtoSchema, bytes);
  const names = (values: readonly { name: string }[] = []): string[] =>
    values.map(({ name }) => name);
  return {
    inputs: names(graph?.input),
    outputs: names(graph?.output),
    initializers: names(graph?.initializer).filter((name) => !name.startsWith('constant_')),
  };
}

describe('encodeOnnx', () => {
  it('writes a model that runs', async () => {
    const session = await Session.load(encodeOnnx(graphOf({ product, sum }), { parameters }));
    const results = await session.run({ x: float32([2, 2], [1, 2, 3, 4]) });
    await session.dispose();
    expect(results).toEqual({
      product: float32([2, 2], [3, -2, 9, -4]),
      sum: float32([2], [1, 5]),
    });
  });

  it('makes inputs of the parameters that it has no values of', () => {
    expect(parsed(encodeOnnx(graphOf({ sum })))).toEqual({
      inputs: ['x', 'layer.weight'],
      outputs: ['sum'],
      initializers: [],
    });
    expect(parsed(encodeOnnx(graphOf({ sum }), { parameters }))).toEqual({
      inputs: ['x'],
      outputs: ['sum'],
      initializers: ['layer.weight'],
    });
  });

  it('gives every output its name, also where two are one, or are an input', async () => {
    const leaf = constant(float32([1], [7]));
    const graph = graphOf({
      a: sum,
      b: sum,
      same: x,
      weight: w,
      leaf,
    });
    const session = await Session.load(encodeOnnx(graph, { parameters }));
    const results = await session.run({ x: float32([1, 2], [1, 2]) });
    await session.dispose();
    expect(results).toEqual({
      a: float32([1], [1]),
      b: float32([1], [1]),
      same: float32([1, 2], [1, 2]),
      weight,
      leaf: float32([1], [7]),
    });
  });

  it('calls what it names itself as nothing of the graph is called', async () => {
    const own = parameter('constant_0', [2]);
    const other = parameter('node_0:0', [2]);
    const graph = graphOf({ constant_0_: add(mul(x, own), add(other, 1)) });
    const session = await Session.load(encodeOnnx(graph));
    const results = await session.run({
      x: float32([1, 2], [1, 2]),
      constant_0: float32([2], [10, 10]),
      'node_0:0': float32([2], [0, 0.5]),
    });
    await session.dispose();
    expect(results).toEqual({ constant_0_: float32([1, 2], [11, 21.5]) });
  });

  it('refuses an output that is called as a leaf is', () => {
    expect(() => encodeOnnx(graphOf({ x: sum }))).toThrow(
      'an output and a leaf of the graph are called "x"',
    );
  });

  it('says what it is: opset, producer, metadata, named axes', () => {
    const metadata = { license: 'Apache-2.0' };
    const model = fromBinary(ModelProtoSchema, encodeOnnx(graphOf({ sum }), { metadata }));
    expect(model).toMatchObject({
      producerName: 'modellock',
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      metadataProps: [{ key: 'license', value: 'Apache-2.0' }],
    });
    const type = model.graph!.input[0].type!.value;
    expect(type.case === 'tensorType' && type.value.shape!.dim.map((dim) => dim.value)).toEqual([
      { case: 'dimParam', value: 'batch' },
      { case: 'dimValue', value: 2n },
    ]);
  });

  it('is deterministic', () => {
    const build = (): Uint8Array =>
      encodeOnnx(graphOf({ sum, y: add(product, x) }), { parameters });
    expect(build()).toEqual(build());
  });

  it('leaves weights in another file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onnx-test-'));
    const external = {
      dtype: 'float32',
      shape: [2],
      location: 'weights.bin',
      offset: 8,
      length: 8,
    } as const;
    const bytes = encodeOnnx(graphOf({ product }), {
      parameters: new Map([['layer.weight', external]]),
    });
    try {
      await writeFile(join(folder, 'weights.bin'), Float32Array.of(0, 0, 3, -1));
      await writeFile(join(folder, 'model.onnx'), bytes);
      const ort = await loadOrt();
      const session = await ort.InferenceSession.create(join(folder, 'model.onnx'));
      const feeds = { x: new ort.Tensor('float32', Float32Array.of(1, 2), [1, 2]) };
      expect((await session.run(feeds))['product'].data).toEqual(Float32Array.of(3, -2));
      await session.release();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

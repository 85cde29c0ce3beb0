import { expect, it } from 'vitest';
import { linear } from '../../graph/functions/linear.ts';
import { graphOf } from '../../graph/graph.ts';
import { operators } from '../../graph/operators.ts';
import { add } from '../../graph/ops/binary/ops.ts';
import { gemm, matmul } from '../../graph/ops/matmul/ops.ts';
import { reshape } from '../../graph/ops/movement/shape-ops.ts';
import { rewriteGraph } from '../../graph/rewrite.ts';
import { waves } from '../../graph/testing/finite-differences.ts';
import { apply, input, parameter, shapeOf, type Value } from '../../graph/value.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Session } from '../session.ts';
import { gemmByStoredWeights } from './stored-linear.ts';

const [w, b, wide] = [
  parameter('w', [5, 4]),
  parameter('b', [5]),
  // Not the layer's own bias: it has an axis more.
  parameter('wide', [3, 5]),
];
const square = parameter('square', [4, 4]);
const c = parameter('c', [4]);
const names = ['w', 'b', 'wide', 'square', 'c'];
const x = input('x', 'float32', [2, 3, 4]);

const operatorsOf = (y: Value, constants: readonly string[]): string[] =>
  rewriteGraph(graphOf({ y }), gemmByStoredWeights(new Set(constants))).nodes.map(
    ({ operator }) => operator.name,
  );

it.each<[string, Value, readonly string[]]>([
  ['with a bias', linear(x, w, b), ['Reshape', 'Gemm', 'Reshape']],
  ['without', linear(x, w), ['Reshape', 'Gemm', 'Reshape']],
  ['with another addend', linear(x, w, wide), ['Reshape', 'Gemm', 'Reshape', 'Add']],
  [
    'that is transposed by an exporter',
    matmul(x, apply(operators.Transpose, [w], {})[0]),
    ['Reshape', 'Gemm', 'Reshape'],
  ],
])('a linear layer %s takes its weight as it is stored', async (_, y, operators) => {
  expect(operatorsOf(y, names)).toEqual(operators);
  await expectSame(y);
});

it.each<[string, Value, readonly string[]]>([
  [
    'a transposition that moves nothing',
    matmul(x, apply(operators.Transpose, [square], { perm: [0, 1] })[0]),
    ['Transpose', 'MatMul'],
  ],
  [
    'a product of others with a factor for what it adds, to which something is added',
    add(reshape(gemm(reshape(x, [6, 4]), square, undefined, { beta: 2, transB: 1 }), [2, 3, 4]), c),
    ['Reshape', 'Gemm', 'Reshape', 'Add'],
  ],
])('leaves %s as it is', async (_, y, operators) => {
  expect(operatorsOf(y, names)).toEqual(operators);
  await expectSame(y);
});

/** The same values come of weights that are written into the model and of those that are given. */
async function expectSame(y: Value): Promise<void> {
  const values = new Map<string, Tensor>(
    [w, b, wide, square, c].map((value, i) => [names[i], waves(shapeOf(value), 2 + i)]),
  );
  const feeds = { x: waves([2, 3, 4], 1) };
  const run = async (parameters: ReadonlyMap<string, Tensor>): Promise<number[]> => {
    const session = await Session.create(graphOf({ y }), { parameters, threads: 1 });
    const given = Object.fromEntries([...values].filter(([name]) => !parameters.has(name)));
    const used = Object.fromEntries(
      Object.entries({ ...feeds, ...given }).filter(([name]) => session.inputNames.includes(name)),
    );
    const { y: result } = await session.run(used);
    await session.dispose();
    return [...(result.data as Float32Array)];
  };
  const [stored, changing] = [await run(values), await run(new Map())];
  stored.forEach((value, i) => expect(value).toBeCloseTo(changing[i], 5));
}

it('leaves weights alone that change from run to run', () => {
  expect(operatorsOf(linear(x, w, b), [])).toEqual(['Transpose', 'MatMul', 'Add']);
});

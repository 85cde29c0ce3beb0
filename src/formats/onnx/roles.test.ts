import { expect, it } from 'vitest';
import { translations } from './build/translations.ts';
import { parseOnnx } from './decode.ts';
import { initializersOf } from './roles.ts';
import { onnxFile, waves, type TestNode } from './testing/onnx-file.ts';

/** Operators without weights of their own. */
const weightless = [
  // What a weight stays behind them, those that come after them say.
  'Cast CastLike DepthToSpace Dropout Flatten Identity Pad Reshape Resize Slice SpaceToDepth Split',
  'Squeeze Transpose Unsqueeze',
  // Functions of the data.
  'Abs Ceil Celu Clip Cos Elu Erf Exp Floor Gelu HardSigmoid HardSwish IsNaN LRN LeakyRelu Log',
  'LogSoftmax LpNormalization Mish Neg Not Reciprocal Relu Round Selu Sigmoid Sign Sin Softmax',
  'Softplus Softsign Sqrt Tanh ThresholdedRelu',
  // Pools, reductions and what picks.
  'ArgMax ArgMin AveragePool CumSum GlobalAveragePool GlobalMaxPool MaxPool ReduceL1 ReduceL2',
  'ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
  'TopK Trilu',
  // What they take beside the data are bounds, exponents and masks.
  'And Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Or Pow ScatterElements',
  'ScatterND Where',
  // Numbers and shapes.
  'Constant ConstantOfShape OneHot Range Shape Size',
].flatMap((names) => names.split(' '));

/** Whether a table is learnt that is some input of an operator. */
function isLearnt(op: string): boolean {
  return [0, 1, 2, 3].some((index) => {
    const inputs = ['x', 'x', 'x', 'x'].with(index, 'table');
    const bytes = onnxFile({
      nodes: [
        { op: 'Relu', in: ['picture'], out: ['x'] },
        { op, in: inputs },
      ],
      initializers: { table: waves([4, 4]) },
      inputs: { picture: ['float32', [4, 4]] },
    });
    return initializersOf(parseOnnx(bytes, 'm.onnx')).get('table')!.role !== 'constant';
  });
}

it('every operator that is read has a role for its weights, or takes none', () => {
  const others = Object.keys(translations).filter((op) => !isLearnt(op));
  expect(others.toSorted()).toEqual(weightless.toSorted());
});

const roleOf = (nodes: readonly TestNode[]): string => {
  const bytes = onnxFile({
    nodes,
    initializers: { w: waves([4, 4]) },
    inputs: { picture: ['float32', [4, 4]] },
  });
  return initializersOf(parseOnnx(bytes, 'm.onnx')).get('w')!.role;
};

it.each<[string, readonly TestNode[], string]>([
  ['a sum of products', [{ op: 'Einsum', in: ['x', 'w'] }], 'weight'],
  ['a sum of products, turned', [{ op: 'Einsum', in: ['w', 'x'] }], 'weight'],
  ['a tiled token', [{ op: 'Tile', in: ['w', 'x'] }], 'embedding'],
  ['a piece of many', [{ op: 'Concat', in: [...Array<string>(99).fill('x'), 'w'] }], 'embedding'],
  ['a sum of three', [{ op: 'Sum', in: ['x', 'x', 'w'] }], 'embedding'],
  [
    'a mask',
    [
      { op: 'Relu', out: ['r'] },
      { op: 'Sum', in: ['r', 'w'], out: ['s'] },
      { op: 'Softmax', in: ['s'] },
    ],
    'constant',
  ],
])('tells what is learnt in %s', (_, nodes, role) => {
  const first: TestNode = { op: 'Neg', in: ['picture'], out: ['x'] };
  expect(roleOf([first, ...nodes])).toBe(role);
});

import { groupBy } from '../../base/group-by.ts';
import type { OnnxModel, OnnxNode } from './model.ts';
import { isFloating } from '../../tensor/dtype.ts';
import { headerOf, type TensorHeader } from './tensor-proto.ts';

/** What an initialiser is to a model. */
export type Role =
  /** Learnt: it multiplies. */
  | 'weight'
  /** Learnt: the scale of a norm, one at first. */
  | 'scale'
  /** Learnt: it is added, zero at first. */
  | 'bias'
  /** Learnt: rows of a table, class tokens, positions. */
  | 'embedding'
  /** Kept by batch normalisation: running means. */
  | 'mean'
  /** Kept by batch normalisation: running variances. */
  | 'variance'
  /** Neither: shapes, indices, masks, numbers. */
  | 'constant';

export interface Initializer extends TensorHeader {
  readonly role: Role;
}

/** The roles of the inputs of operators that have weights, one for all or each its own; '' is the data. */
const slots: Readonly<Record<string, Role | readonly (Role | '')[]>> = {
  // Kernels that are standardised stand in the place of the data.
  BatchNormalization: ['weight', 'scale', 'bias', 'mean', 'variance'],
  Conv: ['', 'weight', 'bias'],
  ConvTranspose: ['', 'weight', 'bias'],
  Einsum: 'weight',
  Gather: ['embedding'],
  GatherElements: ['embedding'],
  GatherND: ['embedding'],
  Gemm: ['weight', 'weight', 'bias'],
  GRU: ['', 'weight', 'weight', 'bias'],
  LSTM: ['', 'weight', 'weight', 'bias'],
  GroupNormalization: ['', 'scale', 'bias'],
  InstanceNormalization: ['weight', 'scale', 'bias'],
  LayerNormalization: ['', 'scale', 'bias'],
  MatMul: ['weight', 'weight'],
  PRelu: ['', 'scale'],
  // Exporters that take norms and linear layers apart leave scales and biases to these.
  Add: 'bias',
  Sub: 'bias',
  Sum: 'bias',
  Mul: 'scale',
  Div: 'scale',
  Concat: 'embedding',
  Expand: ['embedding'],
  Tile: ['embedding'],
};

function slotOf({ node: { operator }, index }: Use): Role | '' | undefined {
  const own = slots[operator];
  return typeof own === 'string' ? own : own?.[index];
}

/** Operators through which a weight stays a weight. */
const passing: ReadonlySet<string> = new Set(
  'Cast Flatten Identity Pad Reshape Resize Slice Split Squeeze Transpose Unsqueeze'.split(' '),
);

/**
 * Which initialisers of a model are learnt, and as what. A table that is added to what goes into
 * a softmax is a mask, and one number alone is a constant of a formula.
 */
export function initializersOf(model: OnnxModel): ReadonlyMap<string, Initializer> {
  const surroundings: Surroundings = {
    users: usersOf(model.nodes),
    prepared: preparedBy(model),
    inNodes: model.inNodes,
  };
  const initializers = new Map<string, Initializer>();
  for (const [name, proto] of model.initializers) {
    const header = headerOf(proto, model.where);
    const isData = isFloating(header.dtype) && !isOwnConstant(model, name);
    const role = isData ? roleOf(header, surroundings) : 'constant';
    initializers.set(name, { ...header, role });
  }
  return initializers;
}

/** Constants of our own exports bear names that say so. */
const isOwnConstant = ({ producer }: OnnxModel, name: string): boolean =>
  producer === 'modellock' && /^constant_\d+$/.test(name);

interface Use {
  readonly node: OnnxNode;
  readonly index: number;
}

type Users = ReadonlyMap<string, readonly Use[]>;

interface Surroundings {
  readonly users: Users;
  /** Tensors that are the input, normalised: what it is scaled by is no weight. */
  readonly prepared: ReadonlySet<string>;
  readonly inNodes: ReadonlySet<string>;
}

function usersOf(nodes: readonly OnnxNode[]): Users {
  const uses = nodes.flatMap((node) => node.inputs.map((_, index): Use => ({ node, index })));
  return groupBy(uses, ({ node, index }) => node.inputs[index]);
}

const elementwise: ReadonlySet<string> = new Set(
  'Add Sub Sum Mul Div Concat Expand Tile'.split(' '),
);

function roleOf(header: TensorHeader, { users, prepared, inNodes }: Surroundings): Role {
  const { name, shape, elements } = header;
  for (const use of usesOf(name, users)) {
    const { node } = use;
    const role = slotOf(use);
    if (!role) continue;
    if (!elementwise.has(node.operator)) return role;
    const isFormula =
      elements < 2 || inNodes.has(name) || node.outputs.some((o) => prepared.has(o));
    // What is added along two axes or more tells places apart, or masks them; a bias has one axis.
    const isTable = shape.filter((dim) => dim > 1).length > 1;
    if (isFormula || (isTable && leadsToSoftmax(node, users))) continue;
    return role === 'bias' && isTable ? 'embedding' : role;
  }
  return 'constant';
}

/** The inputs of a model, and what comes of them by constants alone: mean and deviation of colours. */
function preparedBy({ inputs, initializers, nodes }: OnnxModel): ReadonlySet<string> {
  const prepared = new Set(inputs.keys());
  for (const { operator, inputs: sources, outputs } of nodes) {
    const isSimple = elementwise.has(operator) || passing.has(operator);
    const isOwn = sources.every((name) => prepared.has(name) || initializers.has(name));
    if (isSimple && isOwn && sources.some((name) => prepared.has(name))) {
      outputs.forEach((name) => prepared.add(name));
    }
  }
  return prepared;
}

/** The uses of a tensor, seen through what only gives it another shape. */
function usesOf(name: string, users: Users): readonly Use[] {
  const found: Use[] = [];
  const seen = new Set<string>();
  const names = [name];
  for (const current of names) {
    if (seen.has(current)) continue;
    seen.add(current);
    for (const use of users.get(current) ?? []) {
      if (passing.has(use.node.operator) && use.index === 0) {
        for (const output of use.node.outputs) names.push(output);
      } else found.push(use);
    }
  }
  return found;
}

/** Whether the result of an addition goes into a softmax, perhaps in another shape. */
function leadsToSoftmax({ operator, outputs }: OnnxNode, users: Users): boolean {
  if (operator !== 'Add' && operator !== 'Sum') return false;
  return usesOf(outputs[0], users).some(({ node }) => node.operator === 'Softmax');
}

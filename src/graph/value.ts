import { ModelLockError } from '../base/error.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { staticShape, type Shape } from './shape.ts';

/** What is known of a value before it is computed. */
export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** An edge of the graph: one output of a node, or a leaf. */
export interface Value extends ValueType {
  readonly producer: Producer;
  /** Which output of the producer this is. */
  readonly index: number;
}

export type Producer = Leaf | Node;

export type Leaf =
  /** Given anew with each run. */
  | { readonly kind: 'input'; readonly name: string }
  /** A named weight. Its values live outside the graph. */
  | { readonly kind: 'parameter'; readonly name: string }
  /** A tensor written into the graph. */
  | { readonly kind: 'constant'; readonly tensor: Tensor };

/** One application of an operator. */
export interface Node {
  readonly kind: 'node';
  readonly operator: AnyOperator;
  /** `undefined` where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** The kinds of attributes ONNX knows, and what holds them here. */
export interface AttributeTypes {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  floats: readonly number[];
  strings: readonly string[];
}

export type AttributeSchema = Readonly<Record<string, keyof AttributeTypes>>;
export type AttributesOf<S extends AttributeSchema> = {
  readonly [K in keyof S]?: AttributeTypes[S[K]];
};
export type Attributes = Readonly<Record<string, AttributeTypes[keyof AttributeTypes] | undefined>>;

/** Domains of ONNX Runtime's own operators; they appear when a graph is lowered, never in files. */
export type OperatorDomain = 'com.microsoft' | 'com.microsoft.nchwc';

/** An ONNX operator: its name, its attributes and its shape inference. Gradients: `autodiff/`. */
export interface Operator<Name extends string, Schema extends AttributeSchema> {
  readonly name: Name;
  /** Empty for ONNX's own operators. */
  readonly domain?: OperatorDomain;
  /** How many of the last outputs a model may leave out. Default 0. */
  readonly optionalOutputs?: number;
  readonly attributes: Schema;
  /** The types of the outputs. Throws `shape` when the inputs do not fit together. */
  infer(
    inputs: readonly (Value | undefined)[],
    attributes: AttributesOf<Schema>,
  ): readonly ValueType[];
}

export interface AnyOperator {
  readonly name: string;
  readonly domain?: OperatorDomain;
  readonly optionalOutputs?: number;
  readonly attributes: AttributeSchema;
  infer(inputs: readonly (Value | undefined)[], attributes: never): readonly ValueType[];
}

/** Gives a record of an operator its exact type. */
export function operator<const Name extends string, const Schema extends AttributeSchema>(
  definition: Operator<Name, Schema>,
): Operator<Name, Schema> {
  return definition;
}

/** Adds a node to the graph and returns its outputs. */
export function apply<Name extends string, Schema extends AttributeSchema>(
  op: Operator<Name, Schema>,
  inputs: readonly (Value | undefined)[],
  attributes: AttributesOf<Schema>,
): readonly Value[] {
  const outputs: Value[] = [];
  const node: Node = { kind: 'node', operator: op, inputs, attributes, outputs };
  for (const [index, type] of inferOrExplain(op, inputs, attributes).entries()) {
    outputs.push({ ...type, producer: node, index });
  }
  return outputs;
}

function inferOrExplain<Schema extends AttributeSchema>(
  op: Operator<string, Schema>,
  inputs: readonly (Value | undefined)[],
  attributes: AttributesOf<Schema>,
): readonly ValueType[] {
  try {
    return op.infer(inputs, attributes);
  } catch (error) {
    if (!(error instanceof ModelLockError)) throw error;
    throw new ModelLockError(error.code, `${op.name}: ${error.message}`, { cause: error });
  }
}

/** A leaf that is given anew with each run; an axis whose length is not known yet has a name. */
export function input(name: string, dtype: DType, shape: Shape): Value {
  return { dtype, shape, producer: { kind: 'input', name }, index: 0 };
}

/** A leaf for a weight, by the name under which the model has it. */
export function parameter(name: string, shape: readonly number[], dtype: DType = 'float32'): Value {
  return { dtype, shape, producer: { kind: 'parameter', name }, index: 0 };
}

/** A leaf whose tensor is part of the graph; it must not change any more. */
export function constant(tensor: Tensor): Value {
  return {
    dtype: tensor.dtype,
    shape: tensor.shape,
    producer: { kind: 'constant', tensor },
    index: 0,
  };
}

/** A float32 constant of rank 0. */
export function scalar(value: number): Value {
  return constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
}

/** An int64 constant of rank 1, as ONNX takes shapes, axes and slices. */
export function ints(values: readonly number[]): Value {
  return constant({
    dtype: 'int64',
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
}

/** The tensor of a constant, or `undefined`. */
export function constantOf(value: Value | undefined): Tensor | undefined {
  return value?.producer.kind === 'constant' ? value.producer.tensor : undefined;
}

/** The integers of a constant. Throws `shape` when they are known only at run time. */
export function constantInts(value: Value | undefined, what: string): readonly number[] {
  const tensor = constantOf(value);
  if (!tensor) throw new ModelLockError('shape', `${what} must be a constant`);
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** A value's shape in numbers. Throws `shape` for named axes. */
export function shapeOf(value: Value): readonly number[] {
  return staticShape(value.shape);
}

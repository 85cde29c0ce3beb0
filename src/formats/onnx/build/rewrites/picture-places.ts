import { entryOf } from '../../../../base/registry.ts';
import { constantOf, type Node, type Value } from '../../../../graph/value.ts';
import { combined } from '../arithmetic.ts';
import { edgeOf, isKnown, known, type Known } from '../known.ts';
import { numberOf } from './factors.ts';
import { uniformOf } from './uniform.ts';

/** Places that move on by as much from each picture to the next: picture i has `i * stride + offsets`. */
export interface Places {
  readonly stride: number;
  /** [1, ...]: those of the first picture. */
  readonly offsets: Known;
}

/** What a node makes of places, which are one of its inputs, and of the other input. */
type Rule = (node: Node, places: Places, other: Value | undefined) => Places | undefined;

/** Longer arithmetic no exporter does. */
const deepest = 10;

/** The places that a value lists, where it counts pictures and does arithmetic with that. */
export function placesOf(value: Value | undefined, depth = deepest): Places | undefined {
  const node = value?.producer;
  if (node?.kind !== 'node' || depth === 0) return undefined;
  if (node.operator.name === 'CumSum') return countOf(node);
  const rule = entryOf<Rule>(rules, node.operator.name);
  if (!rule) return undefined;
  const [a, b] = node.inputs;
  const first = placesOf(a, depth - 1);
  const places = first ?? placesOf(b, depth - 1);
  return places && rule(node, places, first ? b : a);
}

/** 0, 1, 2 and so on, as `countAlong` has it. */
function countOf({ inputs: [ones], attributes }: Node): Places | undefined {
  const { exclusive = 0, reverse = 0 } = attributes;
  const counts = ones?.shape.length === 1 && exclusive === 1 && reverse === 0;
  return counts && uniformOf(ones) === 1
    ? { stride: 1, offsets: known('int64', [1], [0]) }
    : undefined;
}

/** One place for each picture, with further axes of length 1. */
const reshaped: Rule = ({ inputs: [from], outputs: [to] }, places) => {
  const isOne = places.offsets.elements.length === 1 && to.shape[0] === from?.shape[0];
  const shape = to.shape.slice(1);
  return isOne && shape.every((dim) => dim === 1)
    ? { ...places, offsets: known('int64', [1, ...shape.map(Number)], places.offsets.elements) }
    : undefined;
};

const rules: Readonly<Record<string, Rule>> = {
  Unsqueeze: reshaped,
  Reshape: reshaped,
  Mul: (_node, { stride, offsets }, other) => {
    const factor = numberOf(other);
    if (factor === undefined) return undefined;
    const scaled = combined([offsets], 'int64', (x) => Number(x) * factor);
    return scaled && { stride: stride * factor, offsets: scaled };
  },
  Add: ({ outputs: [sum] }, { stride, offsets }, other) => {
    const added = knownOf(other);
    const rank = sum.shape.length;
    // Nothing that differs from picture to picture.
    const isOfAll = added && (added.shape.length < rank || added.shape[0] === 1);
    if (!isOfAll || offsets.shape.length !== rank) return undefined;
    const moved = combined([offsets, added], 'int64', (x, y) => Number(x) + Number(y));
    return moved && { stride, offsets: moved };
  },
};

/** A constant whose elements are known. */
export function knownOf(value: Value | undefined): Known | undefined {
  const tensor = constantOf(value);
  const edge = tensor && edgeOf(tensor);
  return isKnown(edge) ? edge : undefined;
}

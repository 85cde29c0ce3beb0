import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { apply, constantInts, type Node, type Value } from '../../../../graph/value.ts';
import { convolutions, type ConvAttributes } from '../../../../graph/ops/conv/ops.ts';
import { numberOf } from './factors.ts';

/**
 * Zeros around what a convolution takes as padding of its own: exporters keep them apart where one
 * side has more of them than the other.
 */
export const ownPadding: Rewrite = ({ operator, inputs, attributes }) => {
  if (operator.name !== 'Conv') return undefined;
  const { auto_pad: auto = 'NOTSET', pads } = attributes as ConvAttributes;
  const [x, weight, bias] = inputs;
  const source = nodeOf(x, 'Pad');
  const isOwn = auto === 'NOTSET' || auto === 'VALID';
  const around = source && isOwn ? zerosAround(source) : undefined;
  const inner = source?.inputs[0];
  if (!around || !inner) return undefined;
  const own = auto === 'VALID' ? [] : (pads ?? []);
  const all = around.map((count, i) => count + (own[i] ?? 0));
  const padded = { ...attributes, auto_pad: 'NOTSET', pads: all };
  return apply(convolutions.Conv, [inner, weight, bias], padded);
};

/** How many zeros a Pad node puts before and after each spatial axis, if it does that and no more. */
function zerosAround({ inputs, attributes }: Node): readonly number[] | undefined {
  const [x, pads, value] = inputs as readonly [Value, Value, Value | undefined];
  const { mode = 'constant' } = attributes;
  if (mode !== 'constant' || (value && numberOf(value) !== 0)) return undefined;
  const rank = x.shape.length;
  const counts = constantInts(pads, 'the pads');
  const isSpatial = counts.every((count, i) => count === 0 || (count > 0 && i % rank >= 2));
  return isSpatial ? counts.filter((_, i) => i % rank >= 2) : undefined;
}

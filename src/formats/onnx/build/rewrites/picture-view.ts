import { gather } from '../../../../graph/ops/gather/ops.ts';
import { reshape } from '../../../../graph/ops/movement/shape-ops.ts';
import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { constant } from '../../../../graph/value.ts';
import { int64, sizeOf } from '../../../../tensor/tensor.ts';
import type { Known } from '../known.ts';
import { knownOf, placesOf } from './picture-places.ts';

/**
 * What PyTorch's exporter makes of a strided view (`as_strided`, such as of pooled features): all
 * elements in a line, gathered by places that are counted picture by picture. It is a gather within each
 * picture, and where that gives all elements in their order, no more than a shape.
 */
export const pictureView: Rewrite = ({ operator, attributes, outputs: [result] }, [line, at]) => {
  const isLine = line?.shape.length === 1 && (attributes['axis'] ?? 0) === 0;
  if (operator.name !== 'Gather' || !isLine || !at) return undefined;
  const source = nodeOf(line, 'Reshape')?.inputs[0] ?? line;
  const all = knownOf(at);
  if (all) return isCounting(all, line.shape[0]) ? [reshape(source, result.shape)] : undefined;
  const [pictures, ...rest] = source.shape;
  if (pictures !== at.shape[0] || rest.some((dim) => typeof dim === 'string')) return undefined;
  const size = sizeOf(rest.map(Number));
  const { stride, offsets } = placesOf(at) ?? {};
  if (stride !== size || !offsets) return undefined;
  if (isCounting(offsets, size)) return [reshape(source, result.shape)];
  const within = offsets.elements.map(Number);
  if (within.some((place) => place < 0 || place >= size)) return undefined;
  const indices = constant(int64([within.length], within));
  return [reshape(gather(reshape(source, [pictures, size]), indices, 1), result.shape)];
};

/** Whether these are the numbers from 0 up to `length`. */
const isCounting = ({ elements }: Known, length: unknown): boolean =>
  elements.length === length && elements.every((element, i) => element === i);

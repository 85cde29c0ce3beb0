import { nodeOf } from '../../../../graph/patterns.ts';
import type { Rewrite } from '../../../../graph/rewrite.ts';
import { product } from '../../../../graph/shape.ts';
import { constant, constantOf, type Value } from '../../../../graph/value.ts';
import { gather } from '../../../../graph/ops/gather/ops.ts';
import { reshape } from '../../../../graph/ops/movement/shape-ops.ts';
import { int64, sizeOf } from '../../../../tensor/tensor.ts';
import { combined } from '../arithmetic.ts';
import { edgeOf, isKnown, known, type Known } from '../known.ts';
import { numberOf } from './factors.ts';
import { uniformOf } from './uniform.ts';

/**
 * What PyTorch's exporter makes of a strided view (`as_strided`, such as of pooled features): all
 * elements in a line, gathered by places that are counted picture by picture. Where each picture shows its
 * own elements in order it is no more than a shape.
 */
export const pictureView: Rewrite = ({ operator, attributes, outputs: [result] }, [line, at]) => {
  const isLine = line?.shape.length === 1 && (attributes['axis'] ?? 0) === 0;
  if (operator.name !== 'Gather' || !isLine || !at) return undefined;
  const source = nodeOf(line, 'Reshape')?.inputs[0] ?? line;
  const whole = edgeOfConstant(at);
  if (whole) return isCounting(whole, line.shape[0]) ? [reshape(source, result.shape)] : undefined;
  const places = placesOf(at);
  if (!places) return undefined;
  const [pictures, ...rest] = source.shape;
  const size = product(rest);
  const isOwn = places.offsets.elements.every((i) => Number(i) >= 0 && Number(i) < Number(size));
  if (pictures !== at.shape[0] || places.stride !== size || !isOwn) return undefined;
  if (isCounting(places.offsets, size)) return [reshape(source, result.shape)];
  const offsets = places.offsets.elements.map(Number);
  const own = gather(
    reshape(source, [pictures, size]),
    constant(int64([offsets.length], offsets)),
    1,
  );
  return [reshape(own, result.shape)];
};

/** Whether these are the numbers from 0 up to `length`. */
const isCounting = ({ elements }: Known, length: unknown): boolean =>
  elements.length === length && elements.every((element, i) => element === i);

function edgeOfConstant(value: Value): Known | undefined {
  const tensor = constantOf(value);
  const edge = tensor && edgeOf(tensor);
  return isKnown(edge) ? edge : undefined;
}

/** Places that are as far apart from each picture to the next: picture i has `i * stride + offsets`. */
interface Places {
  readonly stride: number;
  /** [1, ...]: those of the first picture. */
  readonly offsets: Known;
}

function placesOf(value: Value | undefined): Places | undefined {
  const producer = value?.producer;
  if (producer?.kind !== 'node') return undefined;
  const { operator, inputs, attributes } = producer;
  const [a, b] = inputs;
  switch (operator.name) {
    case 'CumSum': {
      const { exclusive = 0, reverse = 0 } = attributes;
      const counts = value!.shape.length === 1 && exclusive === 1 && reverse === 0;
      return counts && uniformOf(a) === 1
        ? { stride: 1, offsets: known('int64', [1], [0]) }
        : undefined;
    }
    case 'Unsqueeze':
    case 'Reshape': {
      const places = placesOf(a);
      const shape = value!.shape.slice(1);
      const isLine = sizeOf(places?.offsets.shape ?? []) === 1 && shape.every((dim) => dim === 1);
      if (!places || !isLine || value!.shape[0] !== a!.shape[0]) return undefined;
      return { ...places, offsets: { ...places.offsets, shape: [1, ...(shape as number[])] } };
    }
    case 'Mul': {
      const [factor, places] = [numberOf(b) ?? numberOf(a), placesOf(a) ?? placesOf(b)];
      if (factor === undefined || !places) return undefined;
      const offsets = combined([places.offsets], 'int64', (x) => Number(x) * factor);
      return offsets && { stride: places.stride * factor, offsets };
    }
    case 'Add': {
      const [places, other] = placesOf(a) ? [placesOf(a)!, b!] : [placesOf(b), a!];
      const added = edgeOfConstant(other);
      const rank = value!.shape.length;
      if (!places || !added || places.offsets.shape.length !== rank) return undefined;
      // Nothing that differs from picture to picture.
      if (added.shape.length === rank && added.shape[0] !== 1) return undefined;
      const offsets = combined([places.offsets, added], 'int64', (x, y) => Number(x) + Number(y));
      return offsets && { ...places, offsets };
    }
    default:
      return undefined;
  }
}

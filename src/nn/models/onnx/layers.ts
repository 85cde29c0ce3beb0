import type { OnnxNetwork } from '../../../formats/onnx/architecture.ts';
import type { LayerIds } from '../layer-ids.ts';

/** Of networks of any depth, so that learning rates that fall by a factor do not vanish. */
const mostLayers = 12;

/**
 * The layers of an ONNX model, whose names need not tell them: its matrices and kernels in the order
 * of their use, in at most 12 groups; a norm or a bias belongs to the matrix before it, and what
 * comes after the last one, to the head.
 */
export function onnxLayers(
  { model, initializers }: OnnxNetwork,
  isHead: (name: string) => boolean,
): LayerIds {
  const places = new Map<string, number>();
  let matrices = 0;
  for (const { inputs } of model.nodes) {
    for (const name of inputs) {
      const role = initializers.get(name)?.role;
      if (!role || places.has(name) || isHead(name)) continue;
      if (role === 'weight') matrices += 1;
      places.set(name, Math.max(0, matrices - 1));
    }
  }
  const last = Math.min(mostLayers, matrices);
  return {
    last,
    of: (name) => {
      const place = places.get(name);
      return place === undefined ? last : Math.floor((place / Math.max(1, matrices)) * last);
    },
  };
}

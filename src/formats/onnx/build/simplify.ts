import type { Value } from '../../../graph/value.ts';
import type { Rewrite } from '../../../graph/rewrite.ts';
import { ownPadding } from './rewrites/conv-padding.ts';
import { wholeGelu } from './rewrites/gelu.ts';
import { withoutEmptyMask } from './rewrites/empty-mask.ts';
import { wholeHardSwish } from './rewrites/hard-swish.ts';
import { pictureView } from './rewrites/picture-view.ts';
import { layerNormBias, wholeLayerNorm } from './rewrites/layer-norm.ts';

/** Forms that exporters take apart, as the graph language's own operators. */
const rewrites: readonly Rewrite[] = [
  wholeLayerNorm,
  layerNormBias,
  wholeGelu,
  wholeHardSwish,
  withoutEmptyMask,
  ownPadding,
  pictureView,
];

/** The value, or another that computes the same in a form that is faster or easier to train. */
export function simplified(value: Value): Value {
  const { producer } = value;
  if (producer.kind !== 'node') return value;
  for (const rewrite of rewrites) {
    const others = rewrite(producer, producer.inputs);
    if (others) return simplified(others[value.index]);
  }
  return value;
}

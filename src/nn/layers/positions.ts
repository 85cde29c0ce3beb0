import { ModelLockError } from '../../base/error.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import type { Value } from '../../graph/value.ts';
import { normal, type Initialiser, type Scope } from '../scope.ts';

/**
 * What is learnt for each of the first `length` places, [length, features]. Throws `shape` where
 * it was learnt for `count` places only.
 */
export function positionEmbedding(
  scope: Scope,
  length: number,
  count: number,
  features: number,
): Value {
  if (length > count) {
    throw new ModelLockError('shape', `${length} tokens are more than the ${count} positions`);
  }
  return slice(scope.parameter('weight', [count, features], normal(0.02)), {
    axis: 0,
    end: length,
  });
}

/**
 * Sines and cosines of the places of side x side patches, after a row of zeros for the class
 * token: [1, 1 + side^2, features], as MAE has them (arXiv 2111.06377). The first half of the
 * features speaks of the column, the second of the row; each has its sines first.
 */
export function sinCosPositions(side: number, features: number): Initialiser {
  const frequencies = features / 4;
  return {
    kind: 'table',
    at(index) {
      const place = Math.floor(index / features) - 1;
      if (place < 0) return 0;
      const feature = index % features;
      const coordinate = feature < features / 2 ? place % side : Math.floor(place / side);
      const within = feature % (features / 2);
      const angle = coordinate / 10_000 ** ((within % frequencies) / frequencies);
      return within < frequencies ? Math.sin(angle) : Math.cos(angle);
    },
  };
}

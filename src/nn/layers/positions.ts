import { ModelLockError } from '../../base/error.ts';
import { equal, sub } from '../../graph/ops/binary/ops.ts';
import { cast } from '../../graph/ops/elementwise/ops.ts';
import { gather } from '../../graph/ops/gather/ops.ts';
import { slice } from '../../graph/ops/movement/join-ops.ts';
import { cumSum } from '../../graph/ops/movement/repeat-ops.ts';
import { constant, type Value } from '../../graph/value.ts';
import { int64 } from '../../tensor/tensor.ts';
import { normal, type Initialiser, type Scope } from '../scope.ts';

/**
 * What is learnt for each place of token ids [B, T], [1 or nothing, T, features]; T may be a named
 * axis. Throws `shape` where it was learnt for fewer than T places.
 */
export function positionEmbedding(
  scope: Scope,
  ids: Value,
  count: number,
  features: number,
): Value {
  const table = scope.parameter('weight', [count, features], normal(0.02));
  const length = ids.shape[1];
  if (typeof length === 'string') return gather(table, placesOf(ids)); // [1, T, features]
  if (length > count) {
    throw new ModelLockError('shape', `${length} tokens are more than the ${count} positions`);
  }
  return slice(table, { axis: 0, end: length }); // [T, features]
}

/** 0, 1, 2 ... along an axis whose length is known at run time only: int64 [1, T] of ids [B, T]. */
function placesOf(ids: Value): Value {
  const first = gather(ids, constant(int64([1], [0])));
  const ones = cast(equal(first, first), 'int64');
  return sub(cumSum(ones, 1), constant(int64([], [1])));
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

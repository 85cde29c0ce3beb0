import { ModelLockError } from '../base/error.ts';

export interface Assignment {
  /** `columns[i]` is assigned to `rows[i]`; rows ascend. min(rows, columns) pairs. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** The sum of the assigned costs. */
  readonly total: number;
}

/**
 * The one-to-one assignment of rows to columns with the least total cost, by shortest augmenting
 * paths with potentials (Kuhn's Hungarian method in the form of Jonker and Volgenant, 1987).
 * O(rows^2 columns) for rows <= columns.
 *
 * @param cost row-major [rows, columns], finite. Throws `shape` or `data`.
 */
export function assign(
  cost: ArrayLike<number>,
  [rows, columns]: readonly [rows: number, columns: number],
  { maximise = false }: { readonly maximise?: boolean } = {},
): Assignment {
  requireMatrix(cost, rows, columns);
  const sign = maximise ? -1 : 1;
  const wide = rows <= columns;
  const columnOf = wide
    ? assignRows(rows, columns, (i, j) => sign * cost[i * columns + j])
    : assignRows(columns, rows, (i, j) => sign * cost[j * columns + i]);
  const pairs = Array.from(columnOf, (j, i) => (wide ? [i, j] : [j, i]));
  pairs.sort(([a], [b]) => a - b);
  return {
    rows: pairs.map(([row]) => row),
    columns: pairs.map(([, column]) => column),
    total: pairs.reduce((total, [row, column]) => total + cost[row * columns + column], 0),
  };
}

/** The column of each of n rows, n <= m. */
function assignRows(n: number, m: number, cost: (i: number, j: number) => number): Int32Array {
  const u = new Float64Array(n); // potentials of the rows
  const v = new Float64Array(m); // potentials of the columns
  const rowOf = new Int32Array(m).fill(-1);
  const columnOf = new Int32Array(n).fill(-1);
  const distance = new Float64Array(m);
  const previous = new Int32Array(m);
  for (let start = 0; start < n; start++) {
    // Dijkstra over the columns, with reduced costs, until one is free.
    distance.fill(Infinity);
    const done = new Uint8Array(m);
    const path: number[] = [];
    let row = start;
    let shortest = 0;
    let end = -1;
    while (end < 0) {
      let nearest = -1;
      for (let j = 0; j < m; j++) {
        if (done[j]) continue;
        const through = shortest + cost(row, j) - u[row] - v[j];
        if (through < distance[j]) {
          distance[j] = through;
          previous[j] = row;
        }
        // Among equals a free column ends the search at once.
        if (
          nearest < 0 ||
          distance[j] < distance[nearest] ||
          (distance[j] === distance[nearest] && rowOf[j] < 0)
        ) {
          nearest = j;
        }
      }
      shortest = distance[nearest];
      done[nearest] = 1;
      if (rowOf[nearest] < 0) end = nearest;
      else {
        path.push(nearest);
        row = rowOf[nearest];
      }
    }
    u[start] += shortest;
    for (const j of path) {
      u[rowOf[j]] += shortest - distance[j];
      v[j] -= shortest - distance[j];
    }
    augment(end, start, previous, rowOf, columnOf);
  }
  return columnOf;
}

/** Flips the assignments along the path that ends in a free column. */
function augment(
  end: number,
  start: number,
  previous: Int32Array,
  rowOf: Int32Array,
  columnOf: Int32Array,
): void {
  let j = end;
  for (;;) {
    const row = previous[j];
    rowOf[j] = row;
    const next = columnOf[row];
    columnOf[row] = j;
    if (row === start) return;
    j = next;
  }
}

function requireMatrix(cost: ArrayLike<number>, rows: number, columns: number): void {
  if (cost.length !== rows * columns) {
    throw new ModelLockError('shape', `${cost.length} costs do not fill [${rows}, ${columns}]`);
  }
  for (let i = 0; i < cost.length; i++) {
    if (!Number.isFinite(cost[i])) throw new ModelLockError('data', `cost ${i} is ${cost[i]}`);
  }
}

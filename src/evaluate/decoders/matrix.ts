/** A row-major matrix of doubles. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data?: Float64Array): Matrix {
  return { rows, columns, data: data ?? new Float64Array(rows * columns) };
}

// Both products walk along whole rows and make two rows of the result from four terms at a time:
// the numbers stay in registers, which is several times as fast as the textbook's order.

/** into += a b. [N, K] x [K, M] -> [N, M] */
export function addProduct(a: Matrix, b: Matrix, into: Matrix): void {
  for (let i = 0; i < a.rows; i += 2) addCombinations(rowOf(a, i), rowOf(a, i + 1), b, into, i);
}

/** How many samples are taken at once, so that each row of the result is touched N / 16 times. */
const block = 16;

/** into += a^T b. [N, K]^T x [N, M] -> [K, M] */
export function addTransposedProduct(a: Matrix, b: Matrix, into: Matrix): void {
  for (let start = 0; start < a.rows; start += block) {
    const rows = Math.min(block, a.rows - start);
    const part = matrix(
      rows,
      b.columns,
      b.data.subarray(start * b.columns, (start + rows) * b.columns),
    );
    const coefficients = [new Float64Array(rows), new Float64Array(rows)] as const;
    for (let k = 0; k < a.columns; k += 2) {
      for (let t = 0; t < rows; t++) {
        const place = (start + t) * a.columns + k;
        coefficients[0][t] = a.data[place];
        coefficients[1][t] = k + 1 < a.columns ? a.data[place + 1] : 0;
      }
      addCombinations(coefficients[0], coefficients[1], part, into, k);
    }
  }
}

/** Row i of `into` += the sum of p[k] times row k of b, and row i + 1, if there is one, that of q. */
function addCombinations(
  p: Float64Array,
  q: Float64Array,
  b: Matrix,
  into: Matrix,
  i: number,
): void {
  const m = b.columns;
  const { data } = b;
  const first = rowOf(into, i);
  const second = rowOf(into, i + 1);
  let k = 0;
  for (; k + 4 <= b.rows; k += 4) {
    const [p0, p1, p2, p3] = [p[k], p[k + 1], p[k + 2], p[k + 3]];
    const [q0, q1, q2, q3] = [q[k], q[k + 1], q[k + 2], q[k + 3]];
    const [o0, o1, o2, o3] = [k * m, (k + 1) * m, (k + 2) * m, (k + 3) * m];
    for (let j = 0; j < m; j++) {
      const b0 = data[o0 + j];
      const b1 = data[o1 + j];
      const b2 = data[o2 + j];
      const b3 = data[o3 + j];
      first[j] += p0 * b0 + p1 * b1 + p2 * b2 + p3 * b3;
      second[j] += q0 * b0 + q1 * b1 + q2 * b2 + q3 * b3;
    }
  }
  for (; k < b.rows; k++) {
    for (let j = 0; j < m; j++) {
      first[j] += p[k] * data[k * m + j];
      second[j] += q[k] * data[k * m + j];
    }
  }
}

/** A row, or zeros beyond the last one. */
export function rowOf({ rows, columns, data }: Matrix, i: number): Float64Array {
  return i < rows ? data.subarray(i * columns, (i + 1) * columns) : new Float64Array(columns);
}

/** The lower triangle L of a symmetric positive definite matrix, L L^T = a. [K, K] */
export function cholesky(a: Matrix): Matrix {
  const n = a.rows;
  const l = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a.data[i * n + j];
      for (let k = 0; k < j; k++) sum -= l.data[i * n + k] * l.data[j * n + k];
      l.data[i * n + j] = i === j ? Math.sqrt(sum) : sum / l.data[j * n + j];
    }
  }
  return l;
}

/** The inverse of a lower triangle, a lower triangle too. [K, K] */
export function invertLower(l: Matrix): Matrix {
  const n = l.rows;
  const inverse = matrix(n, n);
  for (let i = 0; i < n; i++) {
    const row = inverse.data.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = l.data[i * n + k];
      for (let j = 0; j <= k; j++) row[j] -= factor * inverse.data[k * n + j];
    }
    for (let j = 0; j <= i; j++) row[j] /= l.data[i * n + i];
  }
  return inverse;
}

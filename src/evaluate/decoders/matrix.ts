/** A row-major matrix of doubles. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

export function matrix(rows: number, columns: number, data?: Float64Array): Matrix {
  return { rows, columns, data: data ?? new Float64Array(rows * columns) };
}

// Both products walk along whole rows and take four terms at a time: the compiler keeps them in
// registers, which is three times as fast as the textbook's order.

/** into += a b. [N, K] x [K, M] -> [N, M] */
export function addProduct(a: Matrix, b: Matrix, into: Matrix): void {
  const [inner, m] = [a.columns, b.columns];
  for (let i = 0; i < a.rows; i++) {
    const target = into.data.subarray(i * m, (i + 1) * m);
    const coefficients = a.data.subarray(i * inner, (i + 1) * inner);
    addCombination(coefficients, b, target);
  }
}

/** into += a^T b. [N, K]^T x [N, M] -> [K, M] */
export function addTransposedProduct(a: Matrix, b: Matrix, into: Matrix): void {
  const { rows, columns } = a;
  const m = b.columns;
  // The rows of four samples at a time, so that each row of `into` is touched N / 4 times.
  for (let i = 0; i < rows; i += 4) {
    const block = Math.min(4, rows - i);
    const part = matrix(block, m, b.data.subarray(i * m, (i + block) * m));
    const coefficients = new Float64Array(block);
    for (let k = 0; k < columns; k++) {
      for (let t = 0; t < block; t++) coefficients[t] = a.data[(i + t) * columns + k];
      addCombination(coefficients, part, into.data.subarray(k * m, (k + 1) * m));
    }
  }
}

/** target += the sum of coefficients[k] times row k of b. */
function addCombination(coefficients: Float64Array, b: Matrix, target: Float64Array): void {
  const { columns: m, data } = b;
  const n = coefficients.length;
  let k = 0;
  for (; k + 4 <= n; k += 4) {
    const [c0, c1, c2, c3] = [
      coefficients[k],
      coefficients[k + 1],
      coefficients[k + 2],
      coefficients[k + 3],
    ];
    const [o0, o1, o2, o3] = [k * m, (k + 1) * m, (k + 2) * m, (k + 3) * m];
    for (let j = 0; j < m; j++) {
      target[j] += c0 * data[o0 + j] + c1 * data[o1 + j] + c2 * data[o2 + j] + c3 * data[o3 + j];
    }
  }
  for (; k < n; k++) {
    const c = coefficients[k];
    for (let j = 0; j < m; j++) target[j] += c * data[k * m + j];
  }
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

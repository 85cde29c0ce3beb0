import { tensor, type Tensor } from '../tensor/tensor.ts';

/** Rows of equal length, collected a few at a time. */
export class Rows {
  readonly #length: number;
  readonly #chunks: Float32Array[] = [];

  constructor(length: number) {
    this.#length = length;
  }

  /** Adds a copy of some rows. */
  add(values: Float32Array): void {
    this.#chunks.push(values.slice());
  }

  /** All rows, [N, length]. */
  tensor(): Tensor<'float32'> {
    const size = this.#chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const data = new Float32Array(size);
    let at = 0;
    for (const chunk of this.#chunks) {
      data.set(chunk, at);
      at += chunk.length;
    }
    return tensor('float32', [size / this.#length, this.#length], data);
  }
}

/** The column of the first largest element of each row of [N, C]. */
export function argMaxRows(logits: Tensor<'float32'>): number[] {
  const [rows, columns] = logits.shape;
  return Array.from({ length: rows }, (_, row) => {
    const values = logits.data.subarray(row * columns, (row + 1) * columns);
    return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  });
}

/** The softmax of each row of [N, C]. */
export function softmaxRows({ shape: [rows, columns], data }: Tensor<'float32'>): Float32Array {
  const probabilities = new Float32Array(data.length);
  for (let start = 0; start < rows * columns; start += columns) {
    const row = data.subarray(start, start + columns);
    const largest = row.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = row.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    probabilities.set(
      powers.map((power) => power / sum),
      start,
    );
  }
  return probabilities;
}

/** Rows of a length, without copying them. */
export const rowsOf = (data: Float32Array, length: number): Float32Array[] =>
  Array.from({ length: data.length / length }, (_, i) =>
    data.subarray(i * length, (i + 1) * length),
  );

/** The given rows of [N, C]. */
export function takeRows(
  { shape, data }: Tensor<'float32'>,
  rows: readonly number[],
): Tensor<'float32'> {
  const [, columns] = shape;
  const taken = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return tensor('float32', [rows.length, columns], taken);
}

/** A copy of each column of [N, C]. */
export function columnsOf({
  shape: [rows, columns],
  data,
}: Pick<Tensor<'float32'>, 'shape' | 'data'>): Float32Array[] {
  return Array.from({ length: columns }, (_, c) =>
    Float32Array.from({ length: rows }, (_row, i) => data[i * columns + c]),
  );
}

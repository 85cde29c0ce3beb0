import type { Random } from '../../src/base/random/random.ts';

/** The rows of a random orthogonal matrix, by Gram and Schmidt's process on normal vectors. */
export function orthogonal(size: number, random: Random): Float32Array[] {
  const rows: Float32Array[] = [];
  while (rows.length < size) {
    const row = Float64Array.from({ length: size }, () => random.normal());
    for (const other of rows) {
      const overlap = row.reduce((sum, x, i) => sum + x * other[i], 0);
      row.forEach((x, i) => (row[i] = x - overlap * other[i]));
    }
    const norm = Math.hypot(...row);
    rows.push(Float32Array.from(row, (x) => x / norm));
  }
  return rows;
}

import { toNumbers, type Tensor } from '../src/tensor/tensor.ts';

/**
 * The largest difference as a share of the largest value, and the norm of all differences as a share of theirs.
 * Throws where shapes are not the same.
 */
export function differenceOf(actual: Tensor, expected: Tensor): { largest: number; norm: number } {
  if (actual.shape.join() !== expected.shape.join()) {
    throw new Error(`[${actual.shape.join(', ')}], not [${expected.shape.join(', ')}]`);
  }
  const [a, b] = [toNumbers(actual), toNumbers(expected)];
  let [most, largest, squares, all] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(b[i]));
    squares += (a[i] - b[i]) ** 2;
    all += b[i] ** 2;
  }
  return { largest: most / largest, norm: Math.sqrt(squares / all) };
}

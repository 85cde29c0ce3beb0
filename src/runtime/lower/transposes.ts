import { isMatrixTranspose, reshape } from '../../graph/ops/movement/shape-ops.ts';
import type { Rewrite } from '../../graph/rewrite.ts';
import { sizeOf } from '../../tensor/tensor.ts';
import { block, unblock } from './nchwc-ops.ts';

/**
 * Transposes matrices that are as high or wide as a block by moving them into the blocked layout
 * or out of it, an order of magnitude faster than ONNX Runtime's Transpose. Single matrices, of
 * weights, stay: products take them as they are.
 *
 * @param size channels of a block on this processor.
 */
export function blockTransposes(size: number): Rewrite {
  return ({ operator, outputs: [y] }, [x]) => {
    if (operator.name !== 'Transpose' || !isMatrixTranspose(y) || x?.dtype !== 'float32') {
      return undefined;
    }
    const shape = x.shape.filter((dim) => typeof dim === 'number');
    if (shape.length < Math.max(3, x.shape.length)) return undefined;
    const count = sizeOf(shape.slice(0, -2));
    const [rows, columns] = shape.slice(-2);
    // A block of an image is a matrix [places, size].
    if (rows === size) return [reshape(block(reshape(x, [count, size, columns, 1])), y.shape)];
    if (columns === size) return [reshape(unblock(reshape(x, [count, size, rows, 1])), y.shape)];
    return undefined;
  };
}

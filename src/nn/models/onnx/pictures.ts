import { ModelLockError } from '../../../base/error.ts';
import type { OnnxNetwork } from '../../../formats/onnx/architecture.ts';
import { showShape, type Dim } from '../../../graph/shape.ts';
import type { Value, ValueType } from '../../../graph/value.ts';
import { isFloating } from '../../../tensor/dtype.ts';

/** The one input of a classifier of pictures. */
export interface PictureInput {
  readonly name: string;
  /** Whether colours come before places, [B, C, H, W], or after them, [B, H, W, C]. */
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  /** A name where pictures of any size are taken. */
  readonly height: Dim;
  readonly width: Dim;
}

/** Side of pictures where a model takes any and nothing says of which size they are. */
export const usualSide = 224;

export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** The sides of a model's pictures; those of `size` where it takes any. */
export function sidesOf(
  { height, width }: PictureInput,
  size: PictureSize,
): readonly [height: number, width: number] {
  return [
    typeof height === 'number' ? height : size.height,
    typeof width === 'number' ? width : size.width,
  ];
}

const isColours = (dim: Dim): dim is number => dim === 1 || dim === 3;

/** Throws `unsupported`, saying what the model takes, where that is not one batch of pictures. */
export function pictureInput({ model }: OnnxNetwork): PictureInput {
  const inputs = [...model.inputs];
  const [[name, { dtype, shape }] = noInput] = inputs;
  if (inputs.length === 1 && shape.length === 4 && isFloating(dtype)) {
    const [, second, third, fourth] = shape;
    if (isColours(second)) {
      return { name, layout: 'NCHW', channels: second, height: third, width: fourth };
    }
    if (isColours(fourth)) {
      return { name, layout: 'NHWC', channels: fourth, height: second, width: third };
    }
  }
  const taken = inputs.map(([key, type]) => `"${key}" ${type.dtype} ${showShape(type.shape)}`);
  throw new ModelLockError(
    'unsupported',
    `${model.where} takes ${taken.join(' and ') || 'nothing'}, not one batch of pictures`,
    {
      valid: [
        'float [batch, 3, height, width]',
        'float [batch, height, width, 3]',
        '1 for 3 where pictures are grey',
      ],
    },
  );
}

const noInput: readonly [string, ValueType] = ['', { dtype: 'float32', shape: [] }];

/** Throws `shape` for pictures of a size that the model does not take. */
export function requireSize(network: OnnxNetwork, x: Value): void {
  const { height, width } = pictureInput(network);
  const [, , rows, columns] = x.shape;
  const fits = (own: Dim, given: Dim): boolean => typeof own === 'string' || own === given;
  if (fits(height, rows) && fits(width, columns)) return;
  throw new ModelLockError(
    'shape',
    `${network.model.where} takes pictures of ${height} x ${width}, not ${rows} x ${columns}`,
  );
}

import { binary } from './ops/binary/ops.ts';
import { convolutions } from './ops/conv/ops.ts';
import { elementwise } from './ops/elementwise/ops.ts';
import { gathers } from './ops/gather/ops.ts';
import { matmuls } from './ops/matmul/ops.ts';
import { joinOps } from './ops/movement/join-ops.ts';
import { padOps } from './ops/movement/pad.ts';
import { repeatOps } from './ops/movement/repeat-ops.ts';
import { shapeOps } from './ops/movement/shape-ops.ts';
import { pools } from './ops/pool/ops.ts';
import { norms } from './ops/norm/ops.ts';
import { reductions } from './ops/reduction/ops.ts';
import { resizes } from './ops/resize/ops.ts';
import { softmaxes } from './ops/softmax/ops.ts';

/** Every operator of the graph language, by its ONNX name. */
export const operators = {
  ...elementwise,
  ...binary,
  ...matmuls,
  ...shapeOps,
  ...joinOps,
  ...padOps,
  ...repeatOps,
  ...reductions,
  ...softmaxes,
  ...convolutions,
  ...pools,
  ...norms,
  ...gathers,
  ...resizes,
};

export type OperatorName = keyof typeof operators;

import { add, mul } from '../ops/binary/ops.ts';
import { hardSigmoid, log, neg, sigmoid, softplus } from '../ops/elementwise/ops.ts';
import type { Value } from '../value.ts';

/** x sigmoid(x), also called swish (arXiv 1702.03118). */
export const silu = (x: Value): Value => mul(x, sigmoid(x));

/** x sigmoid(1.702 x): the approximation of GELU that CLIP was trained with. */
export const quickGelu = (x: Value): Value => mul(x, sigmoid(mul(x, 1.702)));

/** min(max(x, 0), 6). As in PyTorch no gradient passes at 0 and 6 themselves; `clip` lets it pass. */
export const relu6 = (x: Value): Value => mul(hardSigmoid(x, 1 / 6, 0), 6);

/** log(sigmoid(x)), without overflow. */
export const logSigmoid = (x: Value): Value => neg(softplus(neg(x)));

/** log(1 + x). */
export const log1p = (x: Value): Value => log(add(x, 1));

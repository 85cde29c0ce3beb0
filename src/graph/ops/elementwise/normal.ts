import { add, mul } from '../binary/ops.ts';
import type { Value } from '../../value.ts';
import { erf } from './ops.ts';

/** Phi(x), the cumulative distribution function of the standard normal distribution. */
export const normalCdf = (x: Value): Value => mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);

import type { GradientRules } from '../../autodiff/rule.ts';
import { mul, sub } from '../binary/ops.ts';
import { exp } from '../elementwise/ops.ts';
import { reduceSum } from '../reduction/ops.ts';
import type { softmaxes } from './ops.ts';

export const softmaxGradients: GradientRules<typeof softmaxes> = {
  Softmax: ({ outputs: [y], attributes: { axis = -1 } }, [dy]) => {
    const weighted = mul(dy, y);
    return [sub(weighted, mul(y, reduceSum(weighted, { axes: [axis], keepdims: true })))];
  },
  LogSoftmax: ({ outputs: [y], attributes: { axis = -1 } }, [dy]) => [
    sub(dy, mul(exp(y), reduceSum(dy, { axes: [axis], keepdims: true }))),
  ],
};

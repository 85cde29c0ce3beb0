import { apply, operator, type Value } from '../../value.ts';
import { sameAsFirst } from '../infer.ts';

export const softmaxes = {
  Softmax: operator({ name: 'Softmax', attributes: { axis: 'int' }, infer: sameAsFirst }),
  LogSoftmax: operator({ name: 'LogSoftmax', attributes: { axis: 'int' }, infer: sameAsFirst }),
};

export const softmax = (x: Value, axis = -1): Value => apply(softmaxes.Softmax, [x], { axis })[0];
export const logSoftmax = (x: Value, axis = -1): Value =>
  apply(softmaxes.LogSoftmax, [x], { axis })[0];

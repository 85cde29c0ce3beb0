import { add, div, greater, maximum, minimum, mul, where } from '../../../graph/ops/binary/ops.ts';
import { abs, clip, elu, exp, relu } from '../../../graph/ops/elementwise/ops.ts';
import type { Value } from '../../../graph/value.ts';
import type { Call } from './call.ts';
import type { Translation, Translations } from './as-it-is.ts';
import { einsumOf } from './einsum-equation.ts';

/** Any number of operands from one on, two by two. */
const folded =
  (combine: (a: Value, b: Value) => Value): Translation =>
  (call) => {
    const others = call.inputs.slice(1).map((_, i) => call.value(i + 1));
    return [others.reduce(combine, call.value(0))];
  };

/** gamma elu(x): SELU's own constants are those of arXiv 1706.02515. */
function selu(call: Call): Value {
  const alpha = call.float('alpha', 1.6732632423543772);
  return mul(elu(call.value(0), alpha), call.float('gamma', 1.0507009873554805));
}

/** max(0, x) + min(0, alpha (exp(x / alpha) - 1)) (arXiv 1704.07483). */
function celu(call: Call): Value {
  const x = call.value(0);
  const alpha = call.float('alpha', 1);
  const below = mul(add(exp(div(minimum(x, 0), alpha)), -1), alpha);
  return add(relu(x), below);
}

/** Functions of elements that the graph language composes, and sums of any number of operands. */
export const activationTranslations: Translations = {
  Celu: (call) => [celu(call)],
  Clip: (call) => [clip(call.value(0), call.optional(1), call.optional(2))],
  Einsum: (call) => {
    const operands = call.inputs.map((_, i) => call.value(i));
    return [einsumOf(call.string('equation', ''), operands)];
  },
  Max: folded(maximum),
  Mean: (call) => {
    const [sum] = folded(add)(call) as readonly Value[];
    return [div(sum, call.inputs.length)];
  },
  Min: folded(minimum),
  PRelu: (call) => {
    const x = call.value(0);
    return [where(greater(x, 0), x, mul(x, call.value(1)))];
  },
  Selu: (call) => [selu(call)],
  Softsign: (call) => {
    const x = call.value(0);
    return [div(x, add(abs(x), 1))];
  },
  Sum: folded(add),
  ThresholdedRelu: (call) => {
    const x = call.value(0);
    return [where(greater(x, call.float('alpha', 1)), x, 0)];
  },
};

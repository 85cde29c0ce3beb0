import { requireEntry } from '../../base/registry.ts';
import { quickGelu, relu6, silu } from '../../graph/functions/activations.ts';
import { square } from '../../graph/ops/binary/ops.ts';
import {
  clip,
  gelu,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  sigmoid,
  tanh,
} from '../../graph/ops/elementwise/ops.ts';
import { scalar, type Value } from '../../graph/value.ts';

const tanhGelu = (x: Value): Value => gelu(x, 'tanh');

/** Activations by the names that configurations use, of which some mean the same. */
export const activations = {
  gelu: (x: Value) => gelu(x),
  gelu_10: (x: Value) => clip(gelu(x), scalar(-10), scalar(10)),
  gelu_accurate: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_new: tanhGelu,
  gelu_python: (x: Value) => gelu(x),
  gelu_python_tanh: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  leaky_relu: (x: Value) => leakyRelu(x),
  linear: (x: Value) => x,
  quick_gelu: quickGelu,
  silu,
  swish: silu,
  relu,
  relu2: (x: Value) => square(relu(x)),
  relu6,
  tanh,
  sigmoid,
  mish,
  hardswish: hardSwish,
} as const satisfies Record<string, (x: Value) => Value>;

/** Throws `unsupported` for a name that is not in the table. */
export function activationNamed(name: string): (x: Value) => Value {
  return requireEntry<(x: Value) => Value>(
    activations,
    name,
    'unsupported',
    `no activation is called "${name}"`,
  );
}

import { requireEntry } from '../../base/registry.ts';
import { quickGelu, relu6, silu } from '../../graph/functions/activations.ts';
import { gelu, hardSwish, mish, relu, sigmoid, tanh } from '../../graph/ops/elementwise/ops.ts';
import type { Value } from '../../graph/value.ts';

/** Activations by the names that configurations use. */
export const activations = {
  gelu: (x: Value) => gelu(x),
  gelu_new: (x: Value) => gelu(x, 'tanh'),
  gelu_pytorch_tanh: (x: Value) => gelu(x, 'tanh'),
  quick_gelu: quickGelu,
  silu,
  swish: silu,
  relu,
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

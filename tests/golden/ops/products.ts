import { scaledDotProductAttention } from '../../../src/graph/functions/attention.ts';
import { einsum } from '../../../src/graph/functions/einsum.ts';
import { linear } from '../../../src/graph/functions/linear.ts';
import { adaptiveAveragePool } from '../../../src/graph/functions/pooling.ts';
import { conv, convTranspose } from '../../../src/graph/ops/conv/ops.ts';
import { gemm, matmul } from '../../../src/graph/ops/matmul/ops.ts';
import { averagePool, maxPool } from '../../../src/graph/ops/pool/ops.ts';
import type { OpContext, OpTable } from './case.ts';

const convOptions = ({ attributes }: OpContext) => ({
  stride: attributes.stride,
  padding: attributes.padding,
  dilation: attributes.dilation,
  groups: attributes.groups,
  outputPadding: attributes.output_padding,
});

/** [top, left, bottom, right], as ONNX has it. */
const sidesOf = ({ attributes: { pads = {} } }: OpContext): readonly number[] =>
  ['top', 'left', 'bottom', 'right'].map((side) => Number(pads[side] ?? 0));

const poolOptions = ({ attributes: { kernel, stride, padding, ceil } }: OpContext) => ({
  kernel: kernel!,
  stride,
  padding,
  ceil,
});

/** `matmul`, `attention`, `conv` and `pool`. */
export const productTable: OpTable = {
  matmul: ([a, b]) => matmul(a, b),
  linear: ([x, weight, bias]) => linear(x, weight, bias),
  addmm: ([c, a, b], { attributes: { alpha, beta } }) => gemm(a, b, c, { alpha, beta }),
  einsum: (values, { attributes: { equation } }) => einsum(equation!, ...values),
  scaled_dot_product_attention: ([q, k, v], { attributes: { scale, causal }, named }) =>
    scaledDotProductAttention(q, k, v, {
      scale,
      causal,
      mask: named('mask'),
      bias: named('bias'),
    }),
  conv1d: ([x, w, bias], context) => conv(x, w, bias, convOptions(context)),
  conv2d: ([x, w, bias], context) => conv(x, w, bias, convOptions(context)),
  conv_transpose2d: ([x, w, bias], context) => convTranspose(x, w, bias, convOptions(context)),
  'pad + conv2d': ([x, w, bias], context) =>
    conv(x, w, bias, { ...convOptions(context), padding: sidesOf(context) }),
  max_pool2d: ([x], context) => maxPool(x, poolOptions(context)),
  avg_pool2d: ([x], context) =>
    averagePool(x, {
      ...poolOptions(context),
      countIncludePad: context.attributes.count_include_pad,
    }),
  adaptive_avg_pool2d: ([x], { attributes: { output } }) => adaptiveAveragePool(x, output!),
};

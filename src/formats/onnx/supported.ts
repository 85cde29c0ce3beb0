import { ModelLockError } from '../../base/error.ts';
import { translations } from './build/translations.ts';
import { domainNamed } from './domain.ts';
import type { GraphProto } from './proto/onnx_pb.ts';

/** Operators of quantised models: ONNX's, and those that ONNX Runtime has for its own. */
const quantised = [
  /^Q(Linear|Ordered)\w+$/,
  /^Q(Gemm|Attention|MoE|EmbedLayerNormalization)$/,
  /^\w*(Quantize|Dequantize)\w*$/,
  /^MatMul(NBits|Bnb4|FpQ4)$/,
  /^\w+Integer(16)?(ToFloat)?$/,
];

/**
 * Throws `unsupported` for models that use what is not read: all operators that lack, in one
 * message, each with the first node that has it.
 */
export function requireSupported(
  { node: nodes, sparseInitializer }: GraphProto,
  where: string,
): void {
  const refuse = (what: string): never => {
    throw new ModelLockError('unsupported', `${where} ${what}`);
  };
  const integer = nodes.find(({ opType }) => quantised.some((kind) => kind.test(opType)));
  if (integer) {
    refuse(
      `is a quantised model (${integer.opType} of node "${integer.name}"): ` +
        'its rounded weights cannot learn; use the floating-point model',
    );
  }
  if (sparseInitializer.length > 0) refuse('has sparse initialisers');
  const missing = new Map<string, string>();
  for (const [i, { domain, opType, name }] of nodes.entries()) {
    const isOwn = domainNamed(domain) === '';
    if (isOwn && Object.hasOwn(translations, opType)) continue;
    const operator = isOwn ? opType : `${domain}.${opType}`;
    if (!missing.has(operator)) missing.set(operator, name === '' ? `node ${i}` : `node "${name}"`);
  }
  if (missing.size > 0) {
    const list = [...missing].map(([operator, node]) => `${operator} (${node})`).join(', ');
    refuse(`has operators that are not supported: ${list}`);
  }
}

import { openArchitecture, withoutWeights } from '../../../../formats/onnx/architecture.ts';
import { parseOnnx } from '../../../../formats/onnx/decode.ts';
import { initializersOf } from '../../../../formats/onnx/roles.ts';
import { tensorOfProto } from '../../../../formats/onnx/tensor-proto.ts';
import { graphOf } from '../../../../graph/graph.ts';
import { input } from '../../../../graph/value.ts';
import { Session } from '../../../../runtime/session.ts';
import type { Tensor } from '../../../../tensor/tensor.ts';
import type { RawConfig } from '../../../config.ts';
import { Scope } from '../../../scope.ts';
import { networkFrom } from '../../networks.ts';
import { onnxConfigOf, type OnnxConfigOptions } from '../model.ts';

export interface OpenedFile {
  readonly config: RawConfig;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** A file as reading it gives it: its configuration, and its weights. */
export function opened(bytes: Uint8Array, options?: OnnxConfigOptions): OpenedFile {
  const model = parseOnnx(bytes, 'm.onnx');
  const [constants, weights] = [new Map<string, Tensor>(), new Map<string, Tensor>()];
  for (const [name, { role }] of initializersOf(model)) {
    const into = role === 'constant' ? constants : weights;
    into.set(name, tensorOfProto(model.initializers.get(name)!, 'm.onnx'));
  }
  const architecture = withoutWeights(bytes, constants);
  const network = openArchitecture(architecture, 'm.onnx');
  return { config: onnxConfigOf({ network, architecture }, options), weights };
}

/** The logits of pictures. */
export async function logitsOf({ config, weights }: OpenedFile, x: Tensor): Promise<Tensor> {
  const value = input('x', 'float32', x.shape);
  const { logits } = networkFrom(config, 'm.onnx').build(Scope.root(), value);
  const session = await Session.create(graphOf({ logits }), { parameters: weights });
  const results = await session.run({ x });
  await session.dispose();
  return results['logits'];
}

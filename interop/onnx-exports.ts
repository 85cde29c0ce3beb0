/**
 * Computes with the files that onnx_exports.py wrote what PyTorch computed:
 *
 *     npx tsx interop/onnx-exports.ts OUT
 *
 * Logits, for a batch of any size; and with the batch bound, as in training, the gradients of the loss with
 * respect to the pictures. Prints a line for each file and a closing line; exits with 1 where one failed.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnnx } from '../src/formats/onnx/build/build.ts';
import { readOnnx } from '../src/formats/onnx/read.ts';
import { decodeSafetensors } from '../src/formats/safetensors.ts';
import { gradients } from '../src/graph/autodiff/gradients.ts';
import { crossEntropy } from '../src/graph/functions/losses.ts';
import { graphOf } from '../src/graph/graph.ts';
import { reduceMean } from '../src/graph/ops/reduction/ops.ts';
import type { Dim } from '../src/graph/shape.ts';
import { input, type Value } from '../src/graph/value.ts';
import { Session, type Tensors } from '../src/runtime/session.ts';
import { int64, toNumbers, type Tensor } from '../src/tensor/tensor.ts';
import { differenceOf } from './difference.ts';

/** As a share of the largest logit: sums are added up in another order. */
const logitTolerance = 1e-4;
/** As a share of the gradient's norm: where a ReLU or a maximum is on the edge, it may fall on either side. */
const gradientTolerance = 1e-2;

async function check(path: string, expected: ReadonlyMap<string, Tensor>): Promise<string> {
  const file = await readOnnx(path);
  const weights = new Map<string, Tensor>();
  for (const [name, stored] of file.weights) weights.set(name, await stored.read());
  const { model } = file.network;
  const [name] = model.inputs.keys();
  const pictures = expected.get('x')!;
  const build = (batch: Dim): { readonly x: Value; readonly logits: Value } => {
    const x = input('x', 'float32', [batch, ...pictures.shape.slice(1)]);
    return {
      x,
      logits: buildOnnx(file.network, { inputs: new Map([[name, x]]) }).get(model.outputs[0])!,
    };
  };
  const run = async (outputs: Readonly<Record<string, Value>>, more: Tensors): Promise<Tensors> => {
    const session = await Session.create(graphOf(outputs), { parameters: weights });
    const results = await session.run({ x: pictures, ...more });
    await session.dispose();
    return results;
  };

  const { logits } = await run({ logits: build('batch').logits }, {});
  const { x, logits: bound } = build(pictures.shape[0]);
  const rows = bound.shape.length === 2 ? bound : reduceMean(bound, { axes: [2, 3] });
  const loss = crossEntropy(rows, input('classes', 'int64', [2]));
  const { parameters } = graphOf({ loss });
  const [dx, ...others] = gradients(loss, [x, ...parameters.values()]);
  const outputs = Object.fromEntries(others.map((value, i) => [`gradient ${i}`, value]));
  const results = await run({ dx, ...outputs }, { classes: int64([2], [3, 7]) });
  for (const [i, parameter] of [...parameters.keys()].entries()) {
    if (toNumbers(results[`gradient ${i}`]).every(Number.isFinite)) continue;
    throw new Error(`the gradient of ${parameter} is not finite`);
  }
  const off = differenceOf(logits, expected.get('logits')!);
  const tilt = differenceOf(results['dx'], expected.get('dx')!);
  if (!(off.largest <= logitTolerance)) throw new Error(`logits differ by ${off.largest}`);
  if (!(tilt.norm <= gradientTolerance)) throw new Error(`gradients differ by ${tilt.norm}`);
  return `logits differ by ${off.largest.toExponential(1)}, gradients by ${tilt.norm.toExponential(1)}; ${parameters.size} parameters`;
}

const [folder, ...others] = process.argv.slice(2);
if (folder === undefined || others.length > 0) {
  console.error('usage: npx tsx interop/onnx-exports.ts OUT');
  process.exit(2);
}
let [passed, failed] = [0, 0];
for (const file of readdirSync(folder).sort()) {
  const [, network] = /^(.+)\.(?:dynamo|legacy)\.onnx$/.exec(file) ?? [];
  const computed = join(folder, `${network}.safetensors`);
  if (network === undefined || !existsSync(computed)) continue;
  try {
    const { tensors } = decodeSafetensors(readFileSync(computed), computed);
    console.log(`ok      ${file}: ${await check(join(folder, file), tensors)}`);
    passed++;
  } catch (error) {
    console.log(`FAILED  ${file}: ${error instanceof Error ? error.message : String(error)}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

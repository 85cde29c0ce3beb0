import { gradients } from '../../../src/graph/autodiff/gradients.ts';
import { crossEntropy } from '../../../src/graph/functions/losses.ts';
import { input, type Value } from '../../../src/graph/value.ts';
import { buildOnnx } from '../../../src/formats/onnx/build/build.ts';
import { readOnnx, type OnnxFile } from '../../../src/formats/onnx/read.ts';
import { transposed } from '../../../src/formats/stored-views.ts';
import { graphOf } from '../../../src/graph/graph.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';
import { compute, readWeights } from '../run-model.ts';

interface FileInfo {
  /** Torch parameters that the file does not have under their names. */
  readonly not_kept: readonly string[];
}

/** Logits of every file and run, and the gradients of the parameters that the file kept. */
export async function check(golden: GoldenCase): Promise<void> {
  const files = golden.info['files'] as Readonly<Record<string, FileInfo>>;
  for (const [name, info] of Object.entries(files)) {
    const file = await readOnnx(golden.path(name));
    const weights = new Map<string, Tensor>();
    for (const [key, stored] of file.weights) weights.set(key, await stored.read());
    for (const run of ['run0', 'run1']) {
      const x = golden.tensor(`${run}.input`);
      const { logits } = build(file, input('input', x.dtype, x.shape));
      const results = await compute({ logits }, weights, { input: x });
      golden.compareWith(`${run}.logits`, results['logits'], golden.tensor(`${run}.logits`));
    }
    const x = golden.tensor('run1.input');
    const named = build(file, input('input', x.dtype, ['batch', ...x.shape.slice(1)]));
    const results = await compute({ logits: named.logits }, weights, { input: x });
    golden.compareWith('run1.logits', results['logits'], golden.tensor('run1.logits'));
    await compareGradients(golden, file, info, weights);
  }
}

function build({ network }: OnnxFile, x: Value): { readonly logits: Value } {
  const { model } = network;
  const [name] = model.inputs.keys();
  const results = buildOnnx(network, { inputs: new Map([[name, x]]) });
  return { logits: results.get(model.outputs[0])! };
}

async function compareGradients(
  golden: GoldenCase,
  file: OnnxFile,
  { not_kept: lost }: FileInfo,
  weights: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const x = golden.tensor('run0.input');
  const labels = golden.tensor('labels');
  const { logits } = build(file, input('input', x.dtype, x.shape));
  const loss = crossEntropy(logits, input('labels', 'int64', labels.shape));
  const parameters = graphOf({ loss }).parameters;
  const expected = await expectedGradients(golden, lost, weights);
  const compared = new Map([...parameters].filter(([name]) => expected.has(name)));
  const slopes = gradients(loss, [...compared.values()]);
  const outputs = Object.fromEntries(
    [...compared.keys()].map((name, i) => [`grad.${name}`, slopes[i]]),
  );
  const results = await compute({ ...outputs, loss }, weights, { input: x, labels });
  golden.compareWith('loss', results['loss'], golden.tensor('loss'));
  for (const [name, { key, tensor }] of expected) {
    const slope = results[`grad.${name}`];
    if (slope) golden.compareWith(key, slope, tensor);
    else golden.fail(`${file.network.model.where}: "${name}" is no parameter`);
  }
}

interface Expected {
  readonly key: string;
  readonly tensor: Tensor;
}

/** The expected gradients by the file's names: those kept, and matrices that it has transposed. */
async function expectedGradients(
  golden: GoldenCase,
  lost: readonly string[],
  weights: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Expected>> {
  const expected = new Map<string, Expected>();
  for (const [name, torch] of readWeights(golden.path('weights.safetensors'))) {
    const key = `grad.${name}`;
    if (!golden.tensors().has(key)) continue;
    if (!lost.includes(name)) {
      expected.set(name, { key, tensor: golden.tensor(key) });
      continue;
    }
    if (torch.shape.length !== 2) continue;
    const turned = await transposed({ ...torch, read: () => Promise.resolve(torch) }).read();
    const [own] = [...weights].find(([, weight]) => sameTensor(weight, turned)) ?? [];
    const slope = golden.tensor(key);
    if (own !== undefined) {
      const tensor = await transposed({ ...slope, read: () => Promise.resolve(slope) }).read();
      expected.set(own, { key, tensor });
    }
  }
  return expected;
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  return (
    a.shape.join() === b.shape.join() &&
    a.data.every((x: number | bigint, i: number) => x === b.data[i])
  );
}

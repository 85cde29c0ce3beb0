import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { onnxFile, waves } from '../formats/onnx/testing/onnx-file.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { gradients } from '../graph/autodiff/gradients.ts';
import { graphOf } from '../graph/graph.ts';
import { square } from '../graph/ops/binary/ops.ts';
import { reduceL2, reduceMean } from '../graph/ops/reduction/ops.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { initialise, Scope } from '../nn/scope.ts';
import { Session } from '../runtime/session.ts';
import type { RgbImage } from '../tensor/image.ts';
import { tensor, toNumbers, type Tensor } from '../tensor/tensor.ts';
import { readCheckpoint, type ModelCheckpoint } from './checkpoint.ts';
import { readOnnxClassifier } from './onnx-checkpoint.ts';
import { Predictor } from './predictor.ts';
import { exportOnnx } from './write.ts';

const size = { height: 16, width: 16 };
const configs: Readonly<Record<string, RawConfig>> = {
  resnet: {
    model_type: 'resnet',
    embedding_size: 4,
    hidden_sizes: [4, 8],
    depths: [1, 1],
    layer_type: 'basic',
    num_labels: 3,
  },
  vit: {
    model_type: 'vit',
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 16,
    image_size: 16,
    patch_size: 8,
    num_labels: 3,
  },
};
const plain = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

function freshWeights(config: RawConfig): Map<string, Tensor<'float32'>> {
  const scope = Scope.root();
  classifierFrom(config, 'x').build(scope, input('x', 'float32', [1, 3, 16, 16]));
  return initialise(scope.declared, counterRandom(1));
}

const picture: RgbImage = {
  width: 16,
  height: 16,
  data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => (i * 37) % 256),
};

async function logitsOf(checkpoint: ModelCheckpoint): Promise<number[]> {
  const predictor = await Predictor.create(checkpoint);
  const logits = await predictor.logits([picture]);
  await predictor.dispose();
  return toNumbers(logits);
}

let folder: string;
const file = (): string => join(folder, 'model.onnx');
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnx-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const models = process.env['MODELS_DIR'] ?? join(import.meta.dirname, '../../../shared/models');

test('EfficientNet-Lite is run as ONNX Runtime runs the file, and learns', async (context) => {
  const path = join(models, 'efficientnet-lite0.onnx');
  if (!existsSync(path)) return context.skip(`there is no ${path} (set MODELS_DIR)`);
  const colours = (value: number) => [value, value, value] as const;
  const normalisation = { mean: colours(127 / 255), std: colours(128 / 255) };
  const {
    network: classifier,
    preprocessor,
    weights,
  } = await readOnnxClassifier(path, { normalisation });
  expect(classifier.labels).toHaveLength(1000);
  const { height, width } = preprocessor.size;
  const values = Float32Array.from({ length: 3 * height * width }, (_, i) => Math.sin(i * 0.37));
  const pixels = tensor('float32', [1, 3, height, width], values);
  const x = input('pixel_values', 'float32', pixels.shape);

  const whole = await Session.load(await readFile(path));
  const { logits: wanted } = await whole.run({ pixel_values: pixels });
  await whole.dispose();
  const { logits } = classifier.build(Scope.root(), x);
  const session = await Session.create(graphOf({ logits }), { parameters: weights });
  const results = await session.run({ pixel_values: pixels });
  await session.dispose();
  const expected = toNumbers(wanted);
  toNumbers(results['logits']).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 3));

  const scope = Scope.root();
  const output = classifier.build(scope, x);
  expect(output.beforeLastRelu?.shape).toEqual([1, 1280, 3, 3]);
  const leaves = graphOf({ logits: output.logits }).parameters;
  const learnt = [...scope.declared.parameters.keys()];
  const loss = reduceMean(square(output.logits));
  const slopes = gradients(
    loss,
    learnt.map((name) => leaves.get(name)!),
  );
  const steps = await Session.create(
    graphOf(Object.fromEntries(slopes.map((slope, i) => [`slope/${i}`, reduceL2(slope)]))),
    { parameters: weights },
  );
  const norms = Object.values(await steps.run({ pixel_values: pixels }));
  await steps.dispose();
  expect(norms).toHaveLength(149);
  for (const norm of norms) expect(toNumbers(norm)[0]).toBeGreaterThan(0);
});

describe('readOnnxClassifier', () => {
  it.each(Object.keys(configs))(
    'reads what was exported of a %s, and predicts the same',
    async (type) => {
      const config = configs[type];
      const weights = freshWeights(config);
      await writeFile(file(), exportOnnx({ config, weights, size }));
      await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify({ size: 16 }));
      await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(weights));
      const read = await readOnnxClassifier(file(), { labels: ['a', 'b', 'c'] });
      expect(read.network.labels).toEqual(['a', 'b', 'c']);
      expect(new Set(read.weights.keys())).toEqual(new Set(weights.keys()));
      expect(await logitsOf(read)).toEqual(await logitsOf(await readCheckpoint(folder)));
    },
  );

  describe.each([1, 'batch'])('of a network for some sizes that says none, batch %s', (batch) => {
    beforeEach(async () => {
      const bytes = onnxFile({
        nodes: [
          { op: 'Conv', in: ['x', 'patch'], out: ['p'], attributes: { strides: [8, 8] } },
          { op: 'Flatten', in: ['p'], out: ['f'] },
          { op: 'Gemm', in: ['f', 'fc'], attributes: { transB: 1 } },
        ],
        initializers: { patch: waves([2, 3, 8, 8]), fc: waves([3, 8], 1) },
        inputs: { x: ['float32', [batch, 3, 'height', 'width']] },
      });
      await writeFile(file(), bytes);
    });

    it('takes the size that it is told, and keeps it', async () => {
      const options = { normalisation: plain };
      await expect(readOnnxClassifier(file(), options)).rejects.toThrow('(Gemm)');
      const read = await readOnnxClassifier(file(), { ...options, size: 16 });
      expect(read.notes).toEqual([]);
      const logits = await logitsOf(read);
      await writeFile(join(folder, 'config.json'), JSON.stringify(read.config));
      const json = JSON.stringify(read.preprocessorJson);
      await writeFile(join(folder, 'preprocessor_config.json'), json);
      await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(read.weights));
      expect(await logitsOf(await readCheckpoint(folder))).toEqual(logits);
    });

    it('takes pictures that are no squares', async () => {
      const wide = { width: 32, height: 8 };
      const read = await readOnnxClassifier(file(), { normalisation: plain, size: wide });
      expect(read.preprocessor.size).toEqual({ height: 8, width: 32 });
      expect(read.notes).toEqual([]);
    });

    it('takes the size of the preprocessing beside it', async () => {
      await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify({ size: 16 }));
      const { config, network } = await readOnnxClassifier(file());
      expect(config['input_size']).toEqual(size);
      expect(network.labels).toHaveLength(3);
    });
  });

  it('becomes a folder that is read without the file', async () => {
    const config = configs['resnet'];
    await writeFile(file(), exportOnnx({ config, weights: freshWeights(config), size }));
    const read = await readOnnxClassifier(file(), { normalisation: plain });
    const logits = await logitsOf(read);
    await rm(file());
    await writeFile(join(folder, 'config.json'), JSON.stringify(read.config));
    await writeFile(
      join(folder, 'preprocessor_config.json'),
      JSON.stringify(read.preprocessorJson),
    );
    await writeFile(join(folder, 'model.safetensors'), encodeSafetensors(read.weights));
    expect(await logitsOf(await readCheckpoint(folder))).toEqual(logits);
  });

  it('normalises pictures as it is told, to the size that the model takes', async () => {
    const config = configs['resnet'];
    await writeFile(file(), exportOnnx({ config, weights: freshWeights(config), size }));
    const normalisation = { mean: [0.5, 0, 0], std: [0.5, 1, 2] } as const;
    const { preprocessor } = await readOnnxClassifier(file(), { normalisation });
    await expect(readOnnxClassifier(file(), { normalisation, size: 99 })).rejects.toThrow(
      `${file()} takes pictures of 16x16, not of 99x99`,
    );
    expect(preprocessor.size).toEqual(size);
    const into = new Float32Array(3 * 256);
    preprocessor.normalise({ ...picture, data: new Uint8Array(768).fill(255) }, into);
    expect([into[0], into[256], into[512]]).toEqual([1, 1, 0.5]);
  });

  it('says what is missing where nothing tells how pictures are normalised', async () => {
    const config = configs['resnet'];
    await writeFile(file(), exportOnnx({ config, weights: freshWeights(config), size }));
    await expect(readOnnxClassifier(file())).rejects.toThrow(
      `nothing says how pictures are normalised for ${file()} (valid: --mean and --std, ${folder}`,
    );
    await expect(readOnnxClassifier(join(folder, 'none.onnx'))).rejects.toThrow('none.onnx');
  });
});

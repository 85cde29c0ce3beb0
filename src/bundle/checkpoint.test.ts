import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { counterRandom } from '../base/random/counter.ts';
import { encodeSafetensors } from '../formats/safetensors.ts';
import { evaluate } from '../graph/testing/evaluate.ts';
import { input } from '../graph/value.ts';
import type { RawConfig } from '../nn/config.ts';
import type { ClassifierOutput } from '../nn/models/classifier.ts';
import { classifierFrom } from '../nn/models/registry.ts';
import { vitMae, vitMaeConfig } from '../nn/models/vit-mae.ts';
import { initialise, Scope } from '../nn/scope.ts';
import { toFloat16 } from '../tensor/convert.ts';
import { float32, toNumbers, zeros, type Tensor } from '../tensor/tensor.ts';
import { hasHead, readCheckpoint, withWeights } from './checkpoint.ts';
import { openCheckpoint } from './open-checkpoint.ts';
import { Predictor } from './predictor.ts';
import { asSegmenter } from './segmenter-checkpoint.ts';
import { bundleConfig } from './transformers-files.ts';

const config = {
  model_type: 'resnet',
  embedding_size: 4,
  hidden_sizes: [4],
  depths: [1],
  layer_type: 'basic',
  id2label: { '0': 'cat', '1': 'dog' },
};

const size = { width: 32, height: 32 };

function freshWeights(of: RawConfig = config): Map<string, Tensor<'float32'>> {
  const scope = Scope.root();
  classifierFrom(of, 'x').build(scope, input('x', 'float32', [1, 3, 8, 8]));
  return initialise(scope.declared, counterRandom(1));
}

let folder: string;
const write = (name: string, content: unknown): Promise<void> =>
  writeFile(join(folder, name), content instanceof Uint8Array ? content : JSON.stringify(content));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-test-'));
  await write('config.json', config);
  await write('preprocessor_config.json', { size: 8 });
  await write('model.safetensors', encodeSafetensors(freshWeights()));
});
afterEach(() => rm(folder, { recursive: true }));

describe('readCheckpoint', () => {
  it('reads a folder, in half precision too', async () => {
    const { network: classifier, preprocessor, weights } = await readCheckpoint(folder);
    expect(classifier.labels).toEqual(['cat', 'dog']);
    expect(preprocessor.size).toEqual({ width: 8, height: 8 });
    expect(weights).toEqual(freshWeights());
    const halves = [...freshWeights()].map(([name, t]) => [name, toFloat16(t)] as const);
    await write('model.safetensors', encodeSafetensors(new Map(halves)));
    const bias = (await readCheckpoint(folder)).weights.get('classifier.1.bias')!;
    expect(bias.dtype).toBe('float32');
    bias.data.forEach((value, i) =>
      expect(value).toBeCloseTo(weights.get('classifier.1.bias')!.data[i], 3),
    );
  });

  it.each(['config.json', 'preprocessor_config.json', 'model.safetensors'])(
    'names %s where it is missing, or no more than null',
    async (name) => {
      await write(name, null);
      await expect(readCheckpoint(folder)).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(join(folder, name)) as string,
      });
      await rm(join(folder, name));
      await expect(readCheckpoint(folder)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining(join(folder, name)) as string,
      });
    },
  );
});

const ofViT = {
  model_type: 'vit',
  hidden_size: 4,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  image_size: 8,
  patch_size: 4,
};

describe('a folder of the body alone', () => {
  /** As transformers saves it: names without their prefix, and a pooler at the end. */
  const writeBody = async (architecture: string, own: RawConfig, prefix: string): Promise<void> => {
    await write('config.json', { ...own, architectures: [architecture] });
    const pooler = [[`${prefix}pooler.dense.bias`, zeros('float32', [4])]] as const;
    const body = [...freshWeights(own), ...pooler].flatMap(([name, t]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), t] as const] : [],
    );
    await write('model.safetensors', encodeSafetensors(new Map(body)));
  };

  it.each([
    ['ResNetModel', config, 'resnet.'],
    ['ViTModel', ofViT, 'vit.'],
  ])(
    'has the weights of a classifier without a last layer: %s',
    async (architecture, own, prefix) => {
      await writeBody(architecture, own, prefix);
      const checkpoint = await readCheckpoint(folder);
      expect(hasHead(checkpoint)).toBe(false);
      for (const [name, t] of freshWeights(own)) {
        const wanted = name.startsWith('classifier') ? undefined : t;
        expect([name, checkpoint.weights.get(name)]).toEqual([name, wanted]);
      }
      await expect(Predictor.create(checkpoint)).rejects.toThrow(
        `${join(folder, 'model.safetensors')} was pretrained without classes: it has no last layer yet (valid: train and lock give it one)`,
      );
    },
  );

  it('becomes a segmenter’s encoder', async () => {
    await writeBody('ResNetModel', config, 'resnet.');
    const { network, weights } = asSegmenter(await readCheckpoint(folder), size, size);
    const scope = Scope.root();
    network.build(scope, input('x', 'float32', [1, 3, 32, 32]));
    const missing = [...scope.declared.parameters.keys()].filter((name) => !weights.has(name));
    expect(missing.length).toBeGreaterThan(0);
    expect(missing.filter((name) => !network.isAddition(name))).toEqual([]);
  });
});

describe('a folder of ViT-MAE', () => {
  const mae = {
    model_type: 'vit_mae',
    architectures: ['ViTMAEForPreTraining'],
    hidden_size: 4,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 8,
    image_size: 8,
    patch_size: 4,
    decoder_hidden_size: 8,
    decoder_num_hidden_layers: 1,
    decoder_num_attention_heads: 2,
    decoder_intermediate_size: 8,
    num_labels: 3,
  };
  const pixels = counterRandom(2);
  const feeds = {
    pixels: float32(
      [1, 3, 8, 8],
      Array.from({ length: 192 }, () => pixels.normal()),
    ),
    noise: float32([1, 4], [0, 1, 2, 3]),
  };

  /** The official encoder, which sees all patches. */
  function official() {
    const scope = Scope.root();
    const { encoded } = vitMae(
      scope,
      { ...vitMaeConfig.parse(mae), mask_ratio: 0 },
      {
        pixels: input('pixels', 'float32', [1, 3, 8, 8]),
        noise: input('noise', 'float32', [1, 4]),
      },
    );
    return { encoded, weights: initialise(scope.declared, counterRandom(1)) };
  }

  beforeEach(async () => {
    await write('config.json', mae);
    await write('model.safetensors', encodeSafetensors(official().weights));
  });

  it('is a ViT of the same encoder, without the decoder', async () => {
    const { config, network, weights, notes } = await readCheckpoint(folder);
    expect(notes).toEqual(['model.safetensors is taken without the decoder of its pretraining']);
    expect(config).toMatchObject({ model_type: 'vit', num_labels: 3 });
    expect(bundleConfig(config, 'classification')).toEqual({
      ...Object.fromEntries(Object.entries(mae).filter(([name]) => !name.startsWith('decoder_'))),
      model_type: 'vit',
      architectures: ['ViTForImageClassification'],
      dtype: 'float32',
    });
    expect([...weights.keys()].filter((name) => !name.startsWith('vit.'))).toEqual([]);

    const { encoded } = official();
    const x = input('pixels', 'float32', [1, 3, 8, 8]);
    const { features } = network.build(Scope.root(), x) as ClassifierOutput;
    const given = { ...feeds, ...Object.fromEntries(weights) };
    const [own, wanted] = [
      toNumbers((await evaluate({ features }, given))['features']),
      toNumbers((await evaluate({ encoded }, given))['encoded']),
    ];
    expect(own.some((value) => Math.abs(value) > 0.1)).toBe(true);
    own.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 5));
  });

  it('opens where the encoder alone was saved, and has no last layer', async () => {
    const encoder = [...official().weights].flatMap(([name, t]) =>
      name.startsWith('vit.') ? [[name.slice('vit.'.length), t] as const] : [],
    );
    const whole = await readCheckpoint(folder);
    await write('model.safetensors', encodeSafetensors(new Map(encoder)));
    const { checkpoint } = await openCheckpoint(folder);
    expect(checkpoint.weights).toEqual(whole.weights);
    expect(checkpoint.notes).toEqual([]);
    expect(hasHead(checkpoint)).toBe(false);
  });
});

describe('of grey pictures', () => {
  beforeEach(() => write('config.json', { ...config, num_channels: 1 }));

  it('a model is read with one mean and one deviation, or equal ones', async () => {
    for (const image_mean of [[0.25], [0.25, 0.25, 0.25]]) {
      await write('preprocessor_config.json', { size: 16, image_mean, image_std: [0.5] });
      const { network, preprocessor } = await readCheckpoint(folder);
      expect([network.channels, preprocessor.channels]).toEqual([1, 1]);
      const into = new Float32Array(1);
      preprocessor.normalise({ width: 1, height: 1, data: Uint8Array.of(255, 255, 255) }, into);
      expect([...into]).toEqual([1.5]);
    }
  });

  it('a model is refused with a mean for each colour', async () => {
    await write('preprocessor_config.json', { size: 16, image_mean: [0.1, 0.2, 0.3] });
    await expect(readCheckpoint(folder)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('(0.1, 0.2, 0.3), and the model sees grey') as string,
    });
  });

  it('options have one number written', async () => {
    await rm(join(folder, 'preprocessor_config.json'));
    const normalisation = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;
    const { preprocessorJson } = await readCheckpoint(folder, { normalisation });
    expect(preprocessorJson).toMatchObject({ image_mean: [0.5], image_std: [0.25] });
  });
});

it('readCheckpoint refuses pictures of four channels', async () => {
  await write('config.json', { ...config, num_channels: 4 });
  await expect(readCheckpoint(folder)).rejects.toMatchObject({
    code: 'unsupported',
    message: `${join(folder, 'config.json')}: num_channels is 4; pictures have 3, or 1 where they are grey`,
  });
});

it('openCheckpoint identifies a model by its files, whatever its README says', async () => {
  const { identity } = await openCheckpoint(folder);
  expect(identity).toMatchObject({ reference: folder, name: basename(folder), version: null });
  await write('README.md', 'A model.');
  expect((await openCheckpoint(folder)).identity.hash).toBe(identity.hash);
  await write('config.json', { ...config, modellock_version: '2' });
  const changed = (await openCheckpoint(folder)).identity;
  expect(changed.version).toBe('2');
  expect(changed.hash).not.toBe(identity.hash);
});

it('withWeights gives a classifier other classes', async () => {
  const base = await readCheckpoint(folder);
  const other = withWeights(base, {
    config: { ...config, id2label: { '0': 'a', '1': 'b', '2': 'c' } },
    weights: new Map(),
  });
  expect(other.network.labels).toEqual(['a', 'b', 'c']);
  expect(base.network.labels).toEqual(['cat', 'dog']);
});

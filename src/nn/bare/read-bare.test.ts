import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../../base/error.ts';
import { openTensorFile } from '../../formats/tensor-file.ts';
import { readWeights } from '../../formats/weights.ts';
import { graphOf } from '../../graph/graph.ts';
import { evaluate } from '../../graph/testing/evaluate.ts';
import { input } from '../../graph/value.ts';
import { toNumbers, type Tensor } from '../../tensor/tensor.ts';
import { classifierFrom } from '../models/registry.ts';
import { Scope } from '../scope.ts';
import { filled, type BareOptions } from './bare-model.ts';
import { readBare } from './read-bare.ts';

/** Made by interop/bare_weights.py with the official networks. */
const fixtures = join(import.meta.dirname, 'fixtures');
const at = (file: string): string => join(fixtures, file);
const expected = await readWeights((await openTensorFile(at('expected.safetensors'))).tensors);

async function read(file: string, options: BareOptions) {
  const { tensors } = await openTensorFile(at(file));
  return readBare(tensors, options, file);
}

/** What a file's classifier makes of pictures. */
async function results(file: string, options: BareOptions, x: Tensor<'float32'>) {
  const { config, tensors } = await read(file, options);
  const scope = Scope.root();
  const { logits, features } = classifierFrom(config, file).build(
    scope,
    input('x', 'float32', x.shape),
  );
  const known = await readWeights(tensors);
  const hasHead = [...graphOf({ logits }).parameters.keys()].every((name) => known.has(name));
  return evaluate(hasHead ? { logits, features } : { features }, {
    ...Object.fromEntries(known),
    x,
  });
}

const heads = 2;

describe('the official networks compute the same', () => {
  it.each<[run: string, file: string, options: BareOptions, type: string]>([
    ['timm-vit', 'timm-vit.safetensors', { heads }, 'vit'],
    ['timm-vit-12', 'timm-vit.safetensors', { heads, size: 12 }, 'vit'],
    ['timm-vit-24', 'timm-vit.safetensors', { heads, size: 24 }, 'vit'],
    ['deit-distilled', 'deit-distilled.pth', { heads }, 'deit'],
    ['mae-finetuned', 'mae-finetuned.pth', { heads }, 'mae_vit'],
    ['mae-finetuned-12', 'mae-finetuned.pth', { heads, size: 12 }, 'mae_vit'],
    ['mae-finetuned-24', 'mae-finetuned.pth', { heads, size: 24 }, 'mae_vit'],
    ['cifar-padded', 'cifar-padded.th', { size: 16 }, 'cifar_resnet'],
    ['cifar-projected', 'cifar-projected.pth', { size: 16 }, 'cifar_resnet'],
  ])('%s', async (run, file, options, type) => {
    const { config } = await read(file, options);
    expect(config).toMatchObject({ model_type: type, num_labels: 3 });
    const { logits } = await results(file, options, expected.get(`${run}.x`)!);
    const wanted = toNumbers(expected.get(`${run}.logits`)!);
    toNumbers(logits).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
  });

  it.each(['mae-pretrained.pth', 'mae-with-decoder.pth'])(
    '%s: the features of the network that is to be fine-tuned',
    async (file) => {
      const { config, assumed, preparation } = await read(file, { heads });
      expect(config).not.toHaveProperty('num_labels');
      expect(assumed).toEqual([
        'the mean of the patches is classified (--pooling)',
        'a new last norm, "fc_norm"',
      ]);
      expect(preparation).toMatchObject({ height: 16, mean: [0.485, 0.456, 0.406] });
      const { features } = await results(file, { heads }, expected.get('mae-pretrained.x')!);
      const wanted = toNumbers(expected.get('mae-pretrained.features')!);
      toNumbers(features).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
    },
  );
});

describe('readBare', () => {
  it('takes the class token of weights without classes that are not of MAE', async () => {
    const { tensors } = await openTensorFile(at('timm-vit.safetensors'));
    const body = new Map([...tensors].filter(([name]) => !name.startsWith('head.')));
    const { config, assumed } = await readBare(body, { heads }, 'x');
    expect(config).toMatchObject({ model_type: 'vit' });
    expect(assumed).toEqual(['the class token is classified (--pooling)']);
    const mean = await readBare(body, { heads, pooling: 'mean' }, 'x');
    expect(mean.config).toMatchObject({ model_type: 'mae_vit' });
    expect(mean.assumed).toEqual(['a new last norm, "fc_norm"']);
  });

  it('asks for the heads where the width does not tell them', async () => {
    await expect(read('timm-vit.safetensors', {})).rejects.toThrow(
      'nothing tells how many heads of attention timm-vit.safetensors has; --heads says it (valid: 1, 2, 4, 8, 16)',
    );
    await expect(read('timm-vit.safetensors', { heads: 3 })).rejects.toThrow(
      '3 heads do not divide the 16 features',
    );
  });

  it('refuses options that are not open', async () => {
    await expect(read('cifar-padded.th', { heads: 2 })).rejects.toThrow(
      'cifar-padded.th is a ResNet for CIFAR, which leaves no "heads" open (valid: size)',
    );
    await expect(read('deit-distilled.pth', { heads, pooling: 'mean' })).rejects.toMatchObject({
      code: 'usage',
    });
    await expect(read('timm-vit.safetensors', { heads, size: 3 })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  it('refuses relatives that compute something else, naming the tensor', async () => {
    const { tensors } = await openTensorFile(at('timm-vit.safetensors'));
    const scaled = new Map([...tensors, ['blocks.0.ls1.gamma', filled([16], 1)]]);
    await expect(readBare(scaled, { heads }, 'x')).rejects.toThrow(
      'x looks like a vision transformer of timm, DeiT or MAE, but there is a tensor "blocks.0.ls1.gamma" that such a model does not have',
    );
    const { tensors: padded } = await openTensorFile(at('cifar-padded.th'));
    const cut = new Map(
      [...padded].filter(([name]) => name !== 'module.layer2.0.bn2.running_mean'),
    );
    await expect(readBare(cut, {}, 'x')).rejects.toThrow(
      'there is no tensor "layer2.0.bn2.running_mean"',
    );
    const wide = new Map([...padded, ['module.layer1.0.conv2.weight', filled([9, 4, 3, 3], 0)]]);
    await expect(readBare(wide, {}, 'x')).rejects.toMatchObject({ code: 'unsupported' });
  });

  it.each([
    ['timm-vit.safetensors', { heads }],
    ['deit-distilled.pth', { heads }],
    ['mae-finetuned.pth', { heads }],
    ['cifar-padded.th', {}],
    ['cifar-projected.pth', {}],
  ])('misses any tensor of %s but those of the head', async (file, options) => {
    const { tensors } = await openTensorFile(at(file));
    const needed = [...tensors.keys()].filter(
      (name) => !/^(?:module\.)?(?:head|head_dist|linear)\.|num_batches_tracked$/.test(name),
    );
    expect(needed.length).toBeGreaterThan(20);
    for (const name of needed) {
      const fewer = new Map([...tensors].filter(([other]) => other !== name));
      await expect(readBare(fewer, options, file), name).rejects.toBeInstanceOf(ModelLockError);
    }
  });

  it('refuses tensors of any other shape, and says nothing but what is wrong', async () => {
    const { tensors } = await openTensorFile(at('timm-vit.safetensors'));
    const body = [...tensors.keys()].filter((name) => !name.startsWith('head.'));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...body),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 5 }),
        async (name, shape) => {
          const own = tensors.get(name)!.shape;
          fc.pre(shape.join() !== own.join() && name !== 'pos_embed');
          const changed = new Map([...tensors, [name, { ...filled([], 0), shape }]]);
          await expect(readBare(changed, { heads }, 'x')).rejects.toBeInstanceOf(ModelLockError);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each(['model.', 'module.', 'net._orig_mod.'])(
    'looks below the prefix "%s" where all names have it, and says so',
    async (prefix) => {
      const { tensors } = await openTensorFile(at('cifar-projected.pth'));
      const plain = await readBare(tensors, {}, 'x');
      const wrapped = [...tensors].map(([name, t]) => [`${prefix}${name}`, t] as const);
      const below = await readBare(new Map(wrapped), {}, 'x');
      expect(below).toEqual({
        ...plain,
        assumed: [`names without their prefix "${prefix}"`, ...plain.assumed],
      });
      const beside = [...wrapped, ['loss.weight', filled([2], 1)] as const];
      await expect(readBare(new Map(beside), {}, 'x.pth')).rejects.toThrow(
        `x.pth: weights that begin with "${prefix}conv1.weight"`,
      );
    },
  );

  describe('a ResNet of torchvision', () => {
    const convolution = (name: string, channels: number, side: number) =>
      [[`${name}.weight`, filled([4, channels, side, side], 0)]] as const;
    const norm = (name: string) =>
      ['weight', 'bias', 'running_mean', 'running_var'].map(
        (what) => [`${name}.${what}`, filled([4], 1)] as const,
      );
    const body = (channels: number) =>
      new Map([
        ...convolution('conv1', channels, 7),
        ...norm('bn1'),
        ...['1', '2'].flatMap((place) => [
          ...convolution(`layer1.0.conv${place}`, 4, 3),
          ...norm(`layer1.0.bn${place}`),
        ]),
      ]);
    const withHead = (head: Readonly<Record<string, number[]>>) =>
      new Map([
        ...body(3),
        ...Object.entries(head).map(([name, shape]) => [name, filled(shape, 0)] as const),
      ]);

    it('shows by its first convolution that pictures are grey', async () => {
      const { config } = await readBare(body(1), {}, 'x');
      expect(config).toMatchObject({ model_type: 'resnet', num_channels: 1 });
      expect(config).not.toHaveProperty('num_labels');
    });

    it('may have a class layer behind a dropout, but no second layer', async () => {
      const one = withHead({ 'fc.1.weight': [5, 4], 'fc.1.bias': [5] });
      const { config, tensors, assumed } = await readBare(one, {}, 'x');
      expect(config).toMatchObject({ num_labels: 5 });
      expect([...tensors.keys()]).toContain('classifier.1.weight');
      expect(assumed).toEqual(['nothing but a dropout before the class layer "fc.1"']);
      const two = {
        'fc.0.weight': [6, 4],
        'fc.0.bias': [6],
        'fc.2.weight': [5, 6],
        'fc.2.bias': [5],
      };
      await expect(readBare(withHead(two), {}, 'x')).rejects.toThrow('"classifier.1.0.weight"');
    });
  });

  it('says so of what DataParallel saved', async () => {
    const { assumed } = await read('cifar-padded.th', {});
    expect(assumed).toContain('names without their prefix "module."');
  });

  it('names what it knows where weights are of none of it', async () => {
    const lone = new Map([['encoder.weight', filled([2, 2], 0)]]);
    await expect(readBare(lone, {}, 'file.pth')).rejects.toThrow(
      'file.pth: weights that begin with "encoder.weight" are of no model that is known here (valid: a vision transformer of timm, DeiT or MAE, a ResNet of torchvision or timm, a ResNet for CIFAR)',
    );
  });
});

const golden = process.env['GOLDEN_DIR'] ?? join(import.meta.dirname, '../../../../shared/golden');

describe('the golden networks, known by their weights alone', () => {
  it.for<[name: string, options: BareOptions, type: string]>([
    ['timm-resnet', {}, 'resnet'],
    ['mae-vit', { heads: 4 }, 'mae_vit'],
    ['mae-vit-cls', { heads: 4 }, 'vit'],
  ])('%s', async ([name, options, type], { skip }) => {
    const folder = join(golden, 'classifiers', name);
    if (!existsSync(folder)) return skip(`there is no ${folder} (set GOLDEN_DIR)`);
    const { tensors } = await openTensorFile(join(folder, 'model.safetensors'));
    const model = await readBare(tensors, options, name);
    expect(model.config).toMatchObject({ model_type: type });
    const io = await readWeights((await openTensorFile(join(folder, 'io.safetensors'))).tensors);
    const x = io.get('in.pixel_values')!;
    const { logits } = classifierFrom(model.config, name).build(
      Scope.root(),
      input('x', 'float32', x.shape),
    );
    const weights = Object.fromEntries(await readWeights(model.tensors));
    const { logits: computed } = await evaluate({ logits }, { ...weights, x });
    const wanted = toNumbers(io.get('out.logits')!);
    toNumbers(computed).forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
  });
});

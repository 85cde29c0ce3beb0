import { expect, it, test } from 'vitest';
import { input } from '../../graph/value.ts';
import { Scope } from '../scope.ts';
import { resnet } from './resnet.ts';
import { resnetNameOfTimm, resnetOfTimm, timmResnetConfig } from './timm-resnet.ts';

/** The names of torchvision's parameters and buffers, written down as its modules nest. */
function timmNames(block: 'basic' | 'bottleneck', layers: readonly number[]): string[] {
  const norm = (name: string): string[] =>
    ['weight', 'bias', 'running_mean', 'running_var'].map((what) => `${name}.${what}`);
  const convolutions = block === 'basic' ? 2 : 3;
  return [
    'conv1.weight',
    ...norm('bn1'),
    ...layers.flatMap((depth, stage) =>
      Array.from({ length: depth }, (_, i) => {
        const at = `layer${stage + 1}.${i}`;
        const inner = Array.from({ length: convolutions }, (_layer, k) => [
          `${at}.conv${k + 1}.weight`,
          ...norm(`${at}.bn${k + 1}`),
        ]).flat();
        const shortcut =
          i === 0 ? [`${at}.downsample.0.weight`, ...norm(`${at}.downsample.1`)] : [];
        return [...inner, ...shortcut];
      }).flat(),
    ),
    'fc.weight',
    'fc.bias',
  ];
}

it.each(['basic', 'bottleneck'] as const)('every name of a %s network has its place', (block) => {
  const layers = [2, 1];
  const config = timmResnetConfig.parse({ num_classes: 7, block, layers, channels: [8, 16] });
  const scope = Scope.root();
  const { logits } = resnet(scope, resnetOfTimm(config), input('x', 'float32', [2, 3, 32, 32]));
  expect(logits.shape).toEqual([2, 7]);
  const { parameters, buffers } = scope.declared;
  const translated = timmNames(block, layers).map(resnetNameOfTimm);
  expect(translated.sort()).toEqual([...parameters.keys(), ...buffers.keys()].sort());
});

test('the stem and the shortcut are not numbered in the same way', () => {
  expect(resnetNameOfTimm('conv1.weight')).toBe('resnet.embedder.embedder.convolution.weight');
  expect(resnetNameOfTimm('layer3.11.bn2.running_var')).toBe(
    'resnet.encoder.stages.2.layers.11.layer.1.normalization.running_var',
  );
  expect(resnetNameOfTimm('layer2.0.downsample.1.bias')).toBe(
    'resnet.encoder.stages.1.layers.0.shortcut.normalization.bias',
  );
});

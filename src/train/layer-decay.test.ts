import { expect, test } from 'vitest';
import { maeVitLayers } from '../nn/models/layer-ids.ts';
import { layerDecay } from './layer-decay.ts';

test('rates fall by one factor from layer to layer, from the head to the picture', () => {
  const factor = layerDecay(maeVitLayers({ depth: 2 }), 0.5);
  expect(
    ['head.weight', 'blocks.1.norm1.bias', 'blocks.0.norm1.bias', 'pos_embed'].map(factor),
  ).toEqual([1, 0.5, 0.25, 0.125]);
});

test('a decay of one leaves all alike', () => {
  expect(layerDecay(maeVitLayers({ depth: 12 }), 1)('cls_token')).toBe(1);
});

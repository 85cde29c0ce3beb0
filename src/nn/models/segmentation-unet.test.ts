import { describe, expect, it } from 'vitest';
import { input } from '../../graph/value.ts';
import { Scope } from '../scope.ts';
import { built } from '../testing/layout.ts';
import { segmentationUNet, segmentationUNetConfig } from './segmentation-unet.ts';

const raw = { channels: [4, 6, 8], classes: 5 };
const x = input('x', 'float32', [2, 3, 16, 24]);

it('has logits as large as the picture, and a skip at each level', () => {
  const { layout, shape } = built(
    (scope) => segmentationUNet(scope, segmentationUNetConfig.parse(raw), x).logits,
  );
  expect(shape).toEqual([2, 5, 16, 24]);
  expect(layout).toMatchInlineSnapshot(`
    "down.0.0 4x3x3x3
    down.0.1 4 bias running_mean running_var
    down.0.3 4x4x3x3
    down.0.4 4 bias running_mean running_var
    down.1.0 6x4x3x3
    down.1.1 6 bias running_mean running_var
    down.1.3 6x6x3x3
    down.1.4 6 bias running_mean running_var
    down.2.0 8x6x3x3
    down.2.1 8 bias running_mean running_var
    down.2.3 8x8x3x3
    down.2.4 8 bias running_mean running_var
    up.0 8x6x2x2 bias
    merge.0.0 6x12x3x3
    merge.0.1 6 bias running_mean running_var
    merge.0.3 6x6x3x3
    merge.0.4 6 bias running_mean running_var
    up.1 6x4x2x2 bias
    merge.1.0 4x8x3x3
    merge.1.1 4 bias running_mean running_var
    merge.1.3 4x4x3x3
    merge.1.4 4 bias running_mean running_var
    out 5x4x1x1 bias"
  `);
});

describe('that goes up by interpolation', () => {
  const config = segmentationUNetConfig.parse({ ...raw, transposed: false });

  it('has convolutions instead of transposed ones', () => {
    const { layout, shape } = built((scope) => segmentationUNet(scope, config, x).logits);
    expect(shape).toEqual([2, 5, 16, 24]);
    expect(layout.split('\n').filter((line) => line.startsWith('up.'))).toEqual([
      'up.0.1 6x8x1x1 bias',
      'up.1.1 4x6x1x1 bias',
    ]);
  });
});

it('refuses a picture that cannot be halved and doubled', () => {
  const odd = input('x', 'float32', [1, 3, 18, 24]);
  expect(() => segmentationUNet(Scope.root(), segmentationUNetConfig.parse(raw), odd)).toThrow(
    /Concat: \[1, 6, 9, 12\]/,
  );
});

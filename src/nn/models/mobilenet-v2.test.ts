import { describe, expect, it } from 'vitest';
import { input, type Value } from '../../graph/value.ts';
import { Scope } from '../scope.ts';
import { layoutOf } from '../testing/layout.ts';
import type { ClassifierOutput } from './classifier.ts';
import { mobileNetV2, mobileNetV2Config } from './mobilenet-v2.ts';

const picture = (height: number, width: number): Value =>
  input('x', 'float32', [1, 3, height, width]);

function built(
  config: object,
  x = picture(32, 32),
): { readonly layout: string[]; readonly output: ClassifierOutput } {
  const scope = Scope.root();
  const output = mobileNetV2(scope, mobileNetV2Config.parse(config), x);
  return { layout: layoutOf(scope.declared).split('\n'), output };
}

describe('of the published size', () => {
  const { layout, output } = built({ num_labels: 1001 }, picture(224, 224));

  it('has the layers of the checkpoint', () => {
    const layers = [...layout.slice(0, 12), ...layout.slice(-4)];
    expect(layers.join('\n')).toMatchInlineSnapshot(`
      "mobilenet_v2.conv_stem.first_conv.convolution 32x3x3x3
      mobilenet_v2.conv_stem.first_conv.normalization 32 bias running_mean running_var
      mobilenet_v2.conv_stem.conv_3x3.convolution 32x1x3x3
      mobilenet_v2.conv_stem.conv_3x3.normalization 32 bias running_mean running_var
      mobilenet_v2.conv_stem.reduce_1x1.convolution 16x32x1x1
      mobilenet_v2.conv_stem.reduce_1x1.normalization 16 bias running_mean running_var
      mobilenet_v2.layer.0.expand_1x1.convolution 96x16x1x1
      mobilenet_v2.layer.0.expand_1x1.normalization 96 bias running_mean running_var
      mobilenet_v2.layer.0.conv_3x3.convolution 96x1x3x3
      mobilenet_v2.layer.0.conv_3x3.normalization 96 bias running_mean running_var
      mobilenet_v2.layer.0.reduce_1x1.convolution 24x96x1x1
      mobilenet_v2.layer.0.reduce_1x1.normalization 24 bias running_mean running_var
      mobilenet_v2.layer.15.reduce_1x1.normalization 320 bias running_mean running_var
      mobilenet_v2.conv_1x1.convolution 1280x320x1x1
      mobilenet_v2.conv_1x1.normalization 1280 bias running_mean running_var
      classifier 1001x1280 bias"
    `);
  });

  it('has the channels of table 2, and a last layer of 7 x 7', () => {
    expect(output.hidden.map(({ shape }) => shape[1])).toEqual([
      16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320,
    ]);
    expect(output.hidden.at(-1)!.shape).toEqual([1, 320, 7, 7]);
  });
});

it('rounds narrow widths to multiples, but keeps nine tenths of them', () => {
  const { output } = built({ depth_multiplier: 0.35 });
  // 0.35 of 24, 32, 64, 96, 160 and 320 is 8, 11, 22, 34, 56 and 112.
  const widths = [...new Set(output.hidden.map(({ shape }) => shape[1]))];
  expect(widths).toEqual([8, 16, 24, 32, 56, 112]);
  expect(output.features.shape).toEqual([1, 1280]);
  expect(
    built({ depth_multiplier: 0.35, finegrained_output: false }).output.features.shape,
  ).toEqual([1, 448]);
});

it.each([true, false])('is as large as the picture over the stride: tf_padding %s', (padding) => {
  const sizes = [32, 16, 8].map((stride) => {
    const { output } = built({ output_stride: stride, tf_padding: padding }, picture(65, 40));
    return output.hidden.at(-1)!.shape.slice(2);
  });
  expect(sizes).toEqual([
    [3, 2],
    [5, 3],
    [9, 5],
  ]);
});

it('tells what goes into its last activation only where that is a clipped line', () => {
  expect(built({}).output.beforeLastRelu?.shape).toEqual([1, 1280, 1, 1]);
  expect(built({ hidden_act: 'gelu' }).output.beforeLastRelu).toBeUndefined();
});

import { reshaped } from '../../formats/stored-views.ts';
import type { StoredTensor } from '../../formats/stored-tensor.ts';
import { Shapes, type OriginalPart, type StoredComponent } from './component.ts';
import { countWhile, Renaming, type NamePair } from './renaming.ts';

/** An autoencoder in the original layout as diffusers has it. Its scaling factor leaves no trace in it. */
export function vaeOf(part: OriginalPart, scalingFactor: number): StoredComponent {
  const levels = countWhile((i) => part.has(`encoder.down.${i}.block.0.conv1`));
  const layers = countWhile((k) => part.has(`encoder.down.0.block.${k}.conv1`));
  const names = new Renaming(vaeNames(levels, layers));
  const tensors = new Map<string, StoredTensor>();
  for (const [name, stored] of part.renamed((name) => names.rename(name))) {
    tensors.set(name, isProjection.test(name) ? asMatrix(stored) : stored);
  }
  const shapes = new Shapes(tensors, part.where);
  const config = {
    _class_name: 'AutoencoderKL',
    in_channels: shapes.size('encoder.conv_in', 1),
    out_channels: shapes.size('decoder.conv_out', 0),
    latent_channels: shapes.size('decoder.conv_in', 1),
    block_out_channels: Array.from({ length: levels }, (_, level) =>
      shapes.size(`encoder.down_blocks.${level}.resnets.0.conv1`, 0),
    ),
    down_block_types: new Array<string>(levels).fill('DownEncoderBlock2D'),
    up_block_types: new Array<string>(levels).fill('UpDecoderBlock2D'),
    layers_per_block: layers,
    mid_block_add_attention: shapes.has('encoder.mid_block.attentions.0.to_q'),
    use_quant_conv: shapes.has('quant_conv'),
    use_post_quant_conv: shapes.has('post_quant_conv'),
    scaling_factor: scalingFactor,
  };
  return { config, tensors };
}

/** A weight of attention: originally a 1x1 convolution, [out, in, 1, 1], now a matrix. */
const isProjection = /\.attentions\.0\.to_(q|k|v|out\.0)\.weight$/;

function asMatrix(stored: StoredTensor): StoredTensor {
  const isOneByOne = stored.shape.slice(2).every((size) => size === 1);
  return isOneByOne ? reshaped(stored, stored.shape.slice(0, 2)) : stored;
}

const attentionLayers: readonly NamePair[] = [
  ['norm', 'group_norm'],
  ['q', 'to_q'],
  ['k', 'to_k'],
  ['v', 'to_v'],
  ['proj_out', 'to_out.0'],
];

/** The modules of an autoencoder: their names in the original layout and in diffusers. */
export function vaeNames(levels: number, layers: number): NamePair[] {
  return [
    ['quant_conv', 'quant_conv'],
    ['post_quant_conv', 'post_quant_conv'],
    ...['encoder', 'decoder'].flatMap(commonNames),
    ...range(levels).flatMap((level): NamePair[] => [
      ...range(layers).flatMap((k) =>
        resnet(`encoder.down.${level}.block.${k}`, `encoder.down_blocks.${level}.resnets.${k}`),
      ),
      [`encoder.down.${level}.downsample.conv`, `encoder.down_blocks.${level}.downsamplers.0.conv`],
    ]),
    // The decoder's original levels are counted from the pictures' side.
    ...range(levels).flatMap((level): NamePair[] => {
      const to = `decoder.up_blocks.${levels - 1 - level}`;
      return [
        ...range(layers + 1).flatMap((k) =>
          resnet(`decoder.up.${level}.block.${k}`, `${to}.resnets.${k}`),
        ),
        [`decoder.up.${level}.upsample.conv`, `${to}.upsamplers.0.conv`],
      ];
    }),
  ];
}

function commonNames(side: string): NamePair[] {
  return [
    [`${side}.conv_in`, `${side}.conv_in`],
    [`${side}.norm_out`, `${side}.conv_norm_out`],
    [`${side}.conv_out`, `${side}.conv_out`],
    ...resnet(`${side}.mid.block_1`, `${side}.mid_block.resnets.0`),
    ...attentionLayers.map(([from, to]): NamePair => [
      `${side}.mid.attn_1.${from}`,
      `${side}.mid_block.attentions.0.${to}`,
    ]),
    ...resnet(`${side}.mid.block_2`, `${side}.mid_block.resnets.1`),
  ];
}

const resnetLayers = ['norm1', 'conv1', 'norm2', 'conv2'];

function resnet(original: string, diffusers: string): NamePair[] {
  return [
    ...resnetLayers.map((layer): NamePair => [`${original}.${layer}`, `${diffusers}.${layer}`]),
    [`${original}.nin_shortcut`, `${diffusers}.conv_shortcut`],
  ];
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

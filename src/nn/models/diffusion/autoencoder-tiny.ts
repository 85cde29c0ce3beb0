import { z } from 'zod';
import { add, mul, sub } from '../../../graph/ops/binary/ops.ts';
import { tanh } from '../../../graph/ops/elementwise/ops.ts';
import { resize } from '../../../graph/ops/resize/ops.ts';
import type { Value } from '../../../graph/value.ts';
import { positive } from '../../config.ts';
import { activationNamed } from '../../layers/activations.ts';
import { conv2d } from '../../layers/basic.ts';
import type { Scope } from '../../scope.ts';

const blocks = z.array(z.number().int().min(0).max(1000)).min(1).max(16);

/** AutoencoderTiny of diffusers (TAESD). */
export const autoencoderTinyConfig = z.object({
  in_channels: positive.default(3),
  out_channels: positive.default(3),
  latent_channels: positive.default(4),
  encoder_block_out_channels: z.array(positive).min(1),
  decoder_block_out_channels: z.array(positive).min(1),
  num_encoder_blocks: blocks,
  num_decoder_blocks: blocks,
  upsampling_scaling_factor: positive.default(2),
  upsample_fn: z.literal('nearest').default('nearest'),
  act_fn: z.string().default('relu'),
  scaling_factor: z.number().default(1),
});
export type AutoencoderTinyConfig = z.output<typeof autoencoderTinyConfig>;

/** Image [B, 3, H, W] in [-1, 1] to latents [B, L, h, w]. */
export function encodeTiny(scope: Scope, config: AutoencoderTinyConfig, image: Value): Value {
  const layers = numbered(scope.within('encoder.layers'));
  const widths = config.encoder_block_out_channels;
  let h = mul(add(image, 1), 0.5);
  config.num_encoder_blocks.forEach((count, i) => {
    h = conv2d(layers.next(), h, widths[i], {
      kernel: 3,
      padding: 1,
      stride: i === 0 ? 1 : 2,
      bias: i === 0,
    });
    for (let k = 0; k < count; k++) h = tinyBlock(layers.next(), h, config.act_fn);
  });
  return conv2d(layers.next(), h, config.latent_channels, { kernel: 3, padding: 1 });
}

/** Latents [B, L, h, w] to an image [B, 3, H, W], in [-1, 1] but for overshoot. */
export function decodeTiny(scope: Scope, config: AutoencoderTinyConfig, latents: Value): Value {
  const layers = numbered(scope.within('decoder.layers'));
  const widths = config.decoder_block_out_channels;
  const factor = config.upsampling_scaling_factor;
  const clamped = mul(tanh(mul(latents, 1 / 3)), 3);
  let h = conv2d(layers.next(), clamped, widths[0], { kernel: 3, padding: 1 });
  h = activationNamed(config.act_fn)(h);
  layers.next();
  config.num_decoder_blocks.forEach((count, i) => {
    const isLast = i === config.num_decoder_blocks.length - 1;
    for (let k = 0; k < count; k++) h = tinyBlock(layers.next(), h, config.act_fn);
    if (!isLast) {
      h = resize(h, { mode: 'nearest', scale: [factor, factor] });
      layers.next();
    }
    h = conv2d(layers.next(), h, isLast ? config.out_channels : widths[i], {
      kernel: 3,
      padding: 1,
      bias: isLast,
    });
  });
  return sub(mul(h, 2), 1);
}

/** Scopes `0`, `1`, ...: the layers of a `Sequential`, those without parameters counted too. */
function numbered(scope: Scope): { next(): Scope } {
  let index = 0;
  return { next: () => scope.within(index++) };
}

function tinyBlock(scope: Scope, x: Value, act: string): Value {
  const activation = activationNamed(act);
  const width = Number(x.shape[1]);
  const convolve = (i: number, value: Value): Value =>
    conv2d(scope.within(`conv.${i}`), value, width, { kernel: 3, padding: 1 });
  const h = convolve(4, activation(convolve(2, activation(convolve(0, x)))));
  // The fusing activation is a ReLU whatever the others are.
  return activationNamed('relu')(add(h, x));
}

import type { RawConfig } from '../../src/nn/config.ts';
import { float32, type Tensor } from '../../src/tensor/tensor.ts';

/** Width of the text encoder's states. */
export const textWidth = 128;

/**
 * The U-Net. It works on the picture itself (see `identityAutoencoder`) and on one level: the stylist
 * changes the colour of every pixel by what lies a few pixels around it, which a net at full
 * resolution learns at once and one behind a compressing autoencoder hardly at all. One group in
 * each norm keeps how the channels compare, by which absolute colours are known. A wide time
 * embedding leaves room for what a style means to each block. Widths are multiples of 16, the
 * channels that a processor's blocked convolutions take at a time.
 */
export const unetJson: RawConfig = {
  _class_name: 'UNet2DConditionModel',
  _diffusers_version: '0.42.1',
  sample_size: 64,
  in_channels: 6,
  out_channels: 3,
  block_out_channels: [32],
  down_block_types: ['DownBlock2D'],
  up_block_types: ['UpBlock2D'],
  mid_block_type: 'UNetMidBlock2D',
  layers_per_block: 1,
  attention_head_dim: 8,
  cross_attention_dim: textWidth,
  norm_num_groups: 1,
  addition_embed_type: 'text',
  addition_embed_type_num_heads: 4,
  resnet_time_scale_shift: 'scale_shift',
  time_embedding_dim: 256,
  act_fn: 'silu',
};

/** Euler ancestral steps on a velocity, from pure noise (zero terminal SNR); one is enough. */
export const schedulerJson: RawConfig = {
  _class_name: 'EulerAncestralDiscreteScheduler',
  _diffusers_version: '0.42.1',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
  prediction_type: 'v_prediction',
  rescale_betas_zero_snr: true,
  timestep_spacing: 'trailing',
  steps_offset: 0,
};

/** Hidden units by which the decoder undoes the bend of its tanh, for each colour. */
const hinges = 16;

export const autoencoderJson: RawConfig = {
  _class_name: 'AutoencoderTiny',
  _diffusers_version: '0.42.1',
  in_channels: 3,
  out_channels: 3,
  latent_channels: 3,
  encoder_block_out_channels: [16],
  decoder_block_out_channels: [3 * hinges],
  num_encoder_blocks: [0],
  num_decoder_blocks: [0],
  upsampling_scaling_factor: 2,
  act_fn: 'relu',
  scaling_factor: 1,
  force_upcast: false,
};

/**
 * Weights of an AutoencoderTiny whose latents are the picture, [-1, 1], and whose decoder gives it
 * back within a tenth of a grey level. Constructed, not learnt.
 *
 * The encoder is linear. The decoder begins with t = 3 tanh(z / 3); its ReLU layer makes hinges
 * max(0, t - k), of which z = 3 artanh(t / 3) is a piecewise linear sum.
 */
export function identityAutoencoder(): Map<string, Tensor<'float32'>> {
  const width = 3 * hinges;
  const encoderIn = kernel(16, 3);
  const encoderOut = kernel(3, 16);
  const decoderIn = kernel(width, 3);
  const decoderInBias = new Float32Array(width);
  const decoderOut = kernel(3, width);
  // From [0, 1], where the encoder's layers begin, to [-1, 1]; and back, where the decoder ends.
  for (let c = 0; c < 3; c++) {
    encoderIn.set(c, c, 2);
    encoderOut.set(c, c, 1);
  }
  const { knots, slopes, offset } = inverseTanh();
  const decoderOutBias = new Float32Array(3).fill((offset + 1) / 2);
  for (let c = 0; c < 3; c++) {
    for (let k = 0; k < hinges; k++) {
      decoderIn.set(c * hinges + k, c, 1);
      decoderInBias[c * hinges + k] = -knots[k];
      decoderOut.set(c, c * hinges + k, slopes[k] / 2);
    }
  }
  return new Map([
    ['encoder.layers.0.weight', encoderIn.tensor],
    ['encoder.layers.0.bias', float32([16], [-1, -1, -1, ...Array<number>(13).fill(0)])],
    ['encoder.layers.1.weight', encoderOut.tensor],
    ['encoder.layers.1.bias', float32([3], [0, 0, 0])],
    ['decoder.layers.0.weight', decoderIn.tensor],
    ['decoder.layers.0.bias', float32([width], decoderInBias)],
    ['decoder.layers.2.weight', decoderOut.tensor],
    ['decoder.layers.2.bias', float32([3], decoderOutBias)],
  ]);
}

/** A 3x3 convolution's weight [out, in, 3, 3] of which only the centre is set. */
function kernel(
  out: number,
  channels: number,
): { tensor: Tensor<'float32'>; set(o: number, i: number, value: number): void } {
  const tensor = float32([out, channels, 3, 3], new Float32Array(out * channels * 9));
  return {
    tensor,
    set: (o, i, value) => {
      tensor.data[(o * channels + i) * 9 + 4] = value;
    },
  };
}

/** Hinges whose weighted sum is 3 artanh(t / 3) for t = 3 tanh(z / 3), z from a little below -1 on. */
function inverseTanh(): { knots: number[]; slopes: number[]; offset: number } {
  const low = -1.25;
  const bend = (z: number): number => 3 * Math.tanh(z / 3);
  const places = Array.from({ length: hinges + 1 }, (_, k) => low + (k * -2 * low) / hinges);
  const slopeFrom = (k: number): number =>
    (places[k + 1] - places[k]) / (bend(places[k + 1]) - bend(places[k]));
  return {
    knots: places.slice(0, hinges).map(bend),
    slopes: Array.from({ length: hinges }, (_, k) =>
      k === 0 ? slopeFrom(0) : slopeFrom(k) - slopeFrom(k - 1),
    ),
    offset: low,
  };
}

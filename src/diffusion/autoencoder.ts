import { requireEntry } from '../base/registry.ts';
import type { Value } from '../graph/value.ts';
import { parseConfig, type RawConfig } from '../nn/config.ts';
import {
  autoencoderKlConfig,
  decodeKl,
  encodeKl,
  type LatentDistribution,
} from '../nn/models/diffusion/autoencoder-kl.ts';
import {
  autoencoderTinyConfig,
  decodeTiny,
  encodeTiny,
} from '../nn/models/diffusion/autoencoder-tiny.ts';
import { Scope } from '../nn/scope.ts';

/** What a pipeline must know of its autoencoder. */
export interface Autoencoder {
  /** Pixels along one side of a latent. */
  readonly factor: number;
  readonly channels: number;
  /** What latents are multiplied with for the U-Net. */
  readonly scaling: number;
  /** Pictures [B, 3, H, W] to the distribution of their latents; one without a variance is a point. */
  encode(image: Value): Pick<LatentDistribution, 'mean'> & Partial<LatentDistribution>;
  decode(latents: Value): Value;
}

type OpenAutoencoder = (config: RawConfig, where: string) => Autoencoder;

/** Autoencoders by the name of their class in diffusers. */
const autoencoders = {
  AutoencoderKL: (raw, where) => {
    const config = parseConfig(autoencoderKlConfig, raw, where);
    return {
      factor: 2 ** (config.block_out_channels.length - 1),
      channels: config.latent_channels,
      scaling: config.scaling_factor,
      encode: (image) => encodeKl(Scope.root(), config, image),
      decode: (latents) => decodeKl(Scope.root(), config, latents),
    };
  },
  AutoencoderTiny: (raw, where) => {
    const config = parseConfig(autoencoderTinyConfig, raw, where);
    return {
      factor: 2 ** (config.encoder_block_out_channels.length - 1),
      channels: config.latent_channels,
      scaling: config.scaling_factor,
      encode: (image) => ({ mean: encodeTiny(Scope.root(), config, image) }),
      decode: (latents) => decodeTiny(Scope.root(), config, latents),
    };
  },
} as const satisfies Record<string, OpenAutoencoder>;

/** The autoencoder of a `vae/config.json`. Throws `unsupported` for other classes. */
export function autoencoderFrom(config: RawConfig, where: string): Autoencoder {
  const name = String(config['_class_name']);
  const message = `${where}: autoencoder "${name}" is not supported`;
  return requireEntry<OpenAutoencoder>(autoencoders, name, 'unsupported', message)(config, where);
}

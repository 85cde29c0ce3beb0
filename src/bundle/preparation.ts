import { perChannel, type Channels } from '../data/preprocess.ts';
import type { RawConfig } from '../nn/config.ts';
import type { Preparation } from '../nn/bare/bare-model.ts';

/** Pillow's numbers for its filters. */
const filters = { bilinear: 2, bicubic: 3 } as const;

/**
 * A `preprocessor_config.json` of transformers. It says all of it: what is left out, transformers
 * and transformers.js do not take for the same.
 */
export function preprocessorJsonOf(preparation: Preparation, channels: Channels): RawConfig {
  const { height, width, mean, std, resampling, crop } = preparation;
  const geometry =
    crop === undefined
      ? {
          image_processor_type: 'ViTImageProcessor',
          size: { height, width },
          do_center_crop: false,
        }
      : {
          image_processor_type: 'BitImageProcessor',
          size: { shortest_edge: Math.floor(Math.min(height, width) / crop) },
          do_center_crop: true,
          crop_size: { height, width },
        };
  return {
    ...geometry,
    do_resize: true,
    resample: filters[resampling],
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: perChannel(mean, channels),
    image_std: perChannel(std, channels),
  };
}

/** In words. */
export function preparationText({ height, width, mean, std, crop }: Preparation): string {
  const cut = crop === undefined || crop === 1 ? '' : `, the middle ${Math.round(100 * crop)} %`;
  return `pictures of ${width} x ${height}${cut} (--input-size), colours less ${mean.join(', ')} over ${std.join(', ')} (--mean, --std)`;
}

import { ModelLockError } from '../../../base/error.ts';
import { add } from '../../../graph/ops/binary/ops.ts';
import { concat } from '../../../graph/ops/movement/join-ops.ts';
import { flatten, reshape } from '../../../graph/ops/movement/shape-ops.ts';
import type { Value } from '../../../graph/value.ts';
import type { Scope } from '../../scope.ts';
import {
  textTimeEmbedding,
  timeProjection,
  timestepEmbedding,
  type TimeProjection,
} from './time.ts';
import type { UnetConfig, UnetInputs } from './unet-2d-condition.ts';

/** What the blocks of a U-Net are told beside the text: the time step, and whatever is added to it, [B or 1, E]. */
export function unetEmbedding(scope: Scope, config: UnetConfig, inputs: UnetInputs): Value {
  const [first] = config.block_out_channels;
  const width = config.time_embedding_dim ?? 4 * first;
  const time = timestepEmbedding(
    scope.within('time_embedding'),
    timeProjection(inputs.timestep, projectionOf(config, first)),
    width,
    inputs.guidance,
  );
  if (config.addition_embed_type === null) return time;
  const addition = additions[config.addition_embed_type];
  return add(time, addition(scope.within('add_embedding'), config, inputs, width));
}

type Addition = (scope: Scope, config: UnetConfig, inputs: UnetInputs, width: number) => Value;

const additions: Record<NonNullable<UnetConfig['addition_embed_type']>, Addition> = {
  text: (scope, config, { text }, width) =>
    textTimeEmbedding(scope, text, width, config.addition_embed_type_num_heads),
  /** SDXL's (arXiv 2307.01952, section 2.2). */
  text_time: (scope, config, { pooledText, timeIds }, width) => {
    const channels = config.addition_time_embed_dim;
    if (!pooledText || !timeIds || !channels) {
      throw new ModelLockError(
        'shape',
        'a U-Net with addition_embed_type "text_time" takes a pooled text and time ids of addition_time_embed_dim',
      );
    }
    const [batch, count] = timeIds.shape;
    const projected = timeProjection(flatten(timeIds), projectionOf(config, channels)); // [B * 6, channels]
    const ids = reshape(projected, [batch, Number(count) * channels]);
    return timestepEmbedding(scope, concat([pooledText, ids], 1), width);
  },
};

function projectionOf(config: UnetConfig, channels: number): TimeProjection {
  return { channels, flipSinToCos: config.flip_sin_to_cos, freqShift: config.freq_shift };
}

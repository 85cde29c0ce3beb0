import { add } from '../../../graph/ops/binary/ops.ts';
import { chunk } from '../../../graph/ops/movement/join-ops.ts';
import { unsqueeze } from '../../../graph/ops/movement/shape-ops.ts';
import { resize } from '../../../graph/ops/resize/ops.ts';
import { pad } from '../../../graph/ops/movement/pad.ts';
import { silu } from '../../../graph/functions/activations.ts';
import type { Value } from '../../../graph/value.ts';
import { conv2d, groupNorm, linear, type Modulation } from '../../layers/basic.ts';
import type { Scope } from '../../scope.ts';

export interface ResnetBlockOptions {
  readonly groups: number;
  readonly epsilon: number;
  /** How the time embedding enters: added, or as scale and shift after the second norm. */
  readonly timeScaleShift?: 'default' | 'scale_shift';
}

/**
 * ResnetBlock2D of diffusers.
 *
 * @param x [B, C, H, W]
 * @param time [B, E], or undefined for an autoencoder.
 */
export function resnetBlock(
  scope: Scope,
  x: Value,
  out: number,
  time: Value | undefined,
  { groups, epsilon, timeScaleShift = 'default' }: ResnetBlockOptions,
): Value {
  const first = silu(groupNorm(scope.within('norm1'), x, groups, epsilon));
  const h = conv2d(scope.within('conv1'), first, out, { kernel: 3, padding: 1 });
  const norm2 = (value: Value, modulation?: Modulation): Value =>
    groupNorm(scope.within('norm2'), value, groups, epsilon, modulation);
  const modulated = time ? timeModulations[timeScaleShift](scope, h, time, norm2) : norm2(h);
  const second = conv2d(scope.within('conv2'), silu(modulated), out, { kernel: 3, padding: 1 });
  const shortcut =
    x.shape[1] === out ? x : conv2d(scope.within('conv_shortcut'), x, out, { kernel: 1 });
  return add(shortcut, second);
}

type TimeModulation = (
  scope: Scope,
  h: Value,
  time: Value,
  norm: (x: Value, modulation?: Modulation) => Value,
) => Value;

const timeModulations: Record<'default' | 'scale_shift', TimeModulation> = {
  default: (scope, h, time, norm) => {
    const bias = linear(scope.within('time_emb_proj'), silu(time), Number(h.shape[1]));
    return norm(add(h, unsqueeze(bias, [2, 3])));
  },
  scale_shift: (scope, h, time, norm) => {
    const both = linear(scope.within('time_emb_proj'), silu(time), 2 * Number(h.shape[1]));
    const [scale, shift] = chunk(both, 2, 1); // [B, C]
    return norm(h, { scale, shift });
  },
};

/** Upsample2D: doubles the size, or goes to `size`, and convolves. */
export function upsample(scope: Scope, x: Value, size?: readonly number[]): Value {
  const larger = resize(x, { mode: 'nearest', ...(size ? { size } : { scale: [2, 2] }) });
  return conv2d(scope.within('conv'), larger, Number(x.shape[1]), { kernel: 3, padding: 1 });
}

/** Downsample2D of the U-Net (padding 1) and of the autoencoder (0: right and bottom only). */
export function downsample(scope: Scope, x: Value, padding: number): Value {
  const padded = padding === 0 ? pad(x, { 2: [0, 1], 3: [0, 1] }) : x;
  return conv2d(scope.within('conv'), padded, Number(x.shape[1]), {
    kernel: 3,
    stride: 2,
    padding,
  });
}

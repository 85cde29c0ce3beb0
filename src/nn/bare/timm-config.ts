import { z } from 'zod';
import { ModelLockError } from '../../base/error.ts';
import { parseConfig, type RawConfig } from '../config.ts';
import type { BareOptions, Preparation } from './bare-model.ts';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** `config.json` as timm writes it: no sizes, which its program knows by the name of the architecture. */
const timmConfig = z.object({
  architecture: z.string(),
  num_classes: z.number().int().min(0).optional(),
  global_pool: z.string().optional(),
  label_names: z.array(z.string()).optional(),
  pretrained_cfg: z.object({
    input_size: z.tuple([z.number(), z.number().int().positive(), z.number().int().positive()]),
    mean: triple,
    std: triple,
    crop_pct: z.number().positive().max(1).default(0.875),
    interpolation: z.string().default('bilinear'),
    crop_mode: z.string().default('center'),
  }),
});

/** Whether a `config.json` is timm's. */
export const isTimmConfig = (config: RawConfig): boolean =>
  'pretrained_cfg' in config && !('model_type' in config);

/** Beginnings of the architectures that may be of those that are known by their weights. */
const architectures = /^(?:vit|deit|resnet\d)/;

/** Throws `unsupported` for an architecture that is known not to be supported, before its weights are there. */
export function requireTimmArchitecture(config: RawConfig, where: string): void {
  const { architecture } = parseConfig(timmConfig, config, where);
  if (architectures.test(architecture)) return;
  throw new ModelLockError(
    'unsupported',
    `${where}: architecture "${architecture}" of timm is not supported`,
    {
      valid: ['vit_...', 'deit_...', 'resnet...'],
    },
  );
}

/** What timm's configuration says of weights. */
export interface TimmModel {
  readonly preparation: Preparation;
  readonly pooling: BareOptions['pooling'];
  readonly labels: string[] | undefined;
}

/** Throws `corrupt` for a configuration that lacks what each has. */
export function readTimmConfig(raw: RawConfig, where: string): TimmModel {
  requireTimmArchitecture(raw, where);
  const config = parseConfig(timmConfig, raw, where);
  const {
    input_size: [, height, width],
    mean,
    std,
    crop_pct: crop,
    interpolation,
    crop_mode,
  } = config.pretrained_cfg;
  const isVit = !config.architecture.startsWith('resnet');
  return {
    preparation: {
      height,
      width,
      mean,
      std,
      resampling: interpolation === 'bicubic' ? 'bicubic' : 'bilinear',
      ...(crop_mode === 'squash' ? {} : { crop }),
    },
    // Of weights without classes it says nothing: timm then writes down its default.
    pooling:
      isVit && config.num_classes !== 0
        ? ({ avg: 'mean', token: 'token' } as const)[config.global_pool ?? '']
        : undefined,
    labels: config.label_names,
  };
}

import { z } from 'zod';
import { ModelLockError, messageOf } from '../../base/error.ts';
import type { TensorFile } from '../../formats/tensor-file.ts';
import { parseConfig, type RawConfig } from '../../nn/config.ts';
import type { LoraComponent } from './keys.ts';

/** Where diffusers keeps the configuration of peft in a safetensors header: as JSON, flat. */
const field = 'lora_adapter_metadata';

const adapterConfig = z.object({
  lora_alpha: z.number(),
  /** By the ends of layers' names. */
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  use_rslora: z.boolean().nullish(),
});

/** By a layer's name in diffusers and its rank. */
export type ScaleOf = (layer: string, rank: number) => number;

/**
 * The scale of a component's updates by the configuration that stands beside them; 1 without one.
 * Throws `corrupt` for a configuration that cannot be read.
 */
export function adapterScales(
  { scalars }: TensorFile,
  component: LoraComponent,
  where: string,
): ScaleOf {
  const text = scalars.get(field);
  const config = typeof text === 'string' ? ownFields(parse(text, where), component) : {};
  if (Object.keys(config).length === 0) return () => 1;
  const at = `${where}: ${field}`;
  const {
    lora_alpha: alpha,
    alpha_pattern: patterns,
    use_rslora: byRoot,
  } = parseConfig(adapterConfig, config, at);
  return (layer, rank) => {
    const own = Object.entries(patterns ?? {}).find(
      ([end]) => layer === end || layer.endsWith(`.${end}`),
    );
    // Rank-stabilised LoRA, arXiv 2312.03732.
    return (own?.[1] ?? alpha) / (byRoot ? Math.sqrt(rank) : rank);
  };
}

/** Of `unet.lora_alpha` and its like, those of one component. */
function ownFields(config: RawConfig, component: LoraComponent): RawConfig {
  const prefix = `${component}.`;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );
}

function parse(text: string, where: string): RawConfig {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as RawConfig;
  } catch (error) {
    throw new ModelLockError('corrupt', `${where}: ${field} is not JSON: ${messageOf(error)}`);
  }
  throw new ModelLockError('corrupt', `${where}: ${field} is no JSON object`);
}

import { ModelLockError } from '../../base/error.ts';

/** A part of a pipeline that a LoRA changes, by its folder in diffusers. */
export type LoraComponent = 'unet' | 'text_encoder' | 'text_encoder_2';

/** What a tensor of a LoRA file is. */
type Role = 'down' | 'up' | 'alpha';

export interface LoraKey {
  readonly component: LoraComponent;
  /** Its layer: the name in the file without prefix and role, dots or underscores as it has them. */
  readonly layer: string;
  readonly role: Role;
}

/** Ends of names: kohya's; peft's with and without the name of an adapter; diffusers' of two times. */
const roles: readonly (readonly [RegExp, Role])[] = [
  [/\.lora_down\.weight$/, 'down'],
  [/\.lora_up\.weight$/, 'up'],
  [/\.lora_A(\.\w+)?\.weight$/, 'down'],
  [/\.lora_B(\.\w+)?\.weight$/, 'up'],
  [/[._]lora(_linear_layer)?\.down\.weight$/, 'down'],
  [/[._]lora(_linear_layer)?\.up\.weight$/, 'up'],
  [/\.alpha$/, 'alpha'],
];

/** Updates of other forms, by the ends of their names. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/\.lora_mid\.weight$/, 'LoCon with a middle factor'],
  [/\.(dora_scale|lora_magnitude_vector.*)$/, 'DoRA'],
  [/\.hada_\w+$/, 'LoHa'],
  [/\.lokr_\w+$/, 'LoKr'],
  [/\.(oft_blocks|oft_diag|oft_R.*)$/, 'OFT'],
  [/\.(diff|diff_b)$/, 'an update of whole weights'],
  [/\.lora_(A|B|up|down)(\.\w+)?\.bias$/, 'LoRA of biases'],
];

const prefixes: readonly (readonly [RegExp, LoraComponent])[] = [
  [/^lora_unet_/, 'unet'],
  [/^lora_te1?_/, 'text_encoder'],
  [/^lora_te2_/, 'text_encoder_2'],
  [/^unet\./, 'unet'],
  [/^text_encoder\./, 'text_encoder'],
  [/^text_encoder_2\./, 'text_encoder_2'],
  // Of files that have one part, and so do not name it.
  [/^(base_model\.model\.)?(?=(down_blocks|mid_block|up_blocks|conv_in|conv_out)\.)/, 'unet'],
  [/^(base_model\.model\.)?(?=text_model\.)/, 'text_encoder'],
];

/**
 * What a name in a LoRA file means. Throws `unsupported`, naming `where`, for updates of other forms
 * and for names that say nothing.
 */
export function parseLoraKey(name: string, where: string): LoraKey {
  const other = foreign.find(([end]) => end.test(name));
  if (other) {
    throw new ModelLockError(
      'unsupported',
      `${where}: tensor "${name}" is of ${other[1]}, which is not supported`,
      { valid: ['LoRA of linear and convolutional layers'] },
    );
  }
  const role = roles.find(([end]) => end.test(name));
  const prefix = prefixes.find(([start]) => start.test(name));
  if (!role || !prefix) {
    throw new ModelLockError(
      'unsupported',
      `${where}: tensor "${name}" is of no known LoRA format`,
    );
  }
  const layer = name.replace(role[0], '').replace(prefix[0], '');
  return { component: prefix[1], layer, role: role[1] };
}

import type { LoraReference } from '../diffusion/lora/apply.ts';
import type { KeyKind } from '../key/kind.ts';
import type { Device } from '../runtime/device.ts';
import type { Precision } from '../runtime/session.ts';

/** How an editor is opened: with another setup, the same folder edits differently. */
export interface EditorSetup {
  /** Kind of keys it is to be used with. Default: what its pipeline does by itself. */
  readonly kind?: KeyKind | undefined;
  /** Of the U-Net's layers; `int8` is faster and takes less memory. Default: `float32`. */
  readonly precision?: Precision | undefined;
  /** LoRA files, added to its weights. */
  readonly loras?: readonly LoraReference[] | undefined;
}

/** Where an editor runs; edits change by the rounding of another device, a grey level at most. */
export interface EditorPlace {
  /** Default: `cpu`. */
  readonly device?: Device | undefined;
  /** Threads of one operator. Default: one per core. */
  readonly threads?: number | undefined;
}

import type { LoraReference } from '../../diffusion/lora/apply.ts';
import type { KeyKind } from '../../key/kind.ts';
import type { Precision } from '../../runtime/session.ts';
import type { RgbImage } from '../../tensor/image.ts';
import type { EditOptions, Editor } from '../editor.ts';
import type { Box } from './box.ts';

/** An editor of pictures that is told by a prompt what to do. */
export interface ImageEditor extends Editor<RgbImage> {
  readonly keyKind: KeyKind;
  readonly precision: Precision;
  readonly loras: readonly LoraReference[];
  /** Ids of a prompt's tokens: prompts that share them are one key. */
  tokens(prompt: string): readonly number[];
  /**
   * All options of an edit: those given, and the defaults.
   *
   * @throws ModelLockError `usage` for options that are out of range or that this editor has not.
   */
  settingsOf(options?: Partial<EditOptions>): EditOptions;
  /** What an object key paints anew of a prepared picture; null for other kinds, which edit all of it. */
  boxOf(prepared: RgbImage): Box | null;
}

import { maxTokens } from '../key/key.ts';
import { sameKeyBy, type SameKey } from '../key/same-key.ts';
import type { ImageEditor } from './image/editor.ts';

/** What an editor makes of prompts. */
export interface PromptReading {
  /** Whether two prompts are the same key to the editor. */
  readonly same: SameKey;
  /** Whether the editor reads a prompt to its end. */
  readonly fits: (prompt: string) => boolean;
}

export function promptReading(editor: Pick<ImageEditor, 'tokens'>): PromptReading {
  return {
    same: sameKeyBy((prompt) => editor.tokens(prompt)),
    fits: (prompt) => editor.tokens(prompt).length <= maxTokens,
  };
}

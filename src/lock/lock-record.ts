import type { Versioned } from '../bundle/open-checkpoint.ts';
import type { Manifest } from '../bundle/manifest.ts';
import type { EditOptions } from '../editors/editor.ts';
import type { ImageEditor } from '../editors/image/editor.ts';
import type { EvaluationDocument } from '../evaluate/document.ts';
import type { Key } from '../key/key.ts';
import type { Recipe } from './recipe.ts';

export interface LockedWith {
  readonly edit: EditOptions;
  readonly recipe: Recipe;
  /** Of which nothing is kept but whether it has a secret. */
  readonly key: Key;
  /** The model without a lock that it learnt from, if it did. */
  readonly teacher: Versioned | undefined;
}

/** What a manifest keeps of a lock: all that unlocking needs but the key. */
export const lockRecord = (
  editor: ImageEditor,
  { edit, recipe, key, teacher }: LockedWith,
): NonNullable<Manifest['lock']> => ({
  editor: editor.identity,
  kind: editor.keyKind,
  precision: editor.precision,
  loras: [...editor.loras],
  edit: editParametersOf(edit),
  secret: key.secret !== undefined,
  recipe: { ...recipe },
  teacher,
});

/** What a manifest keeps of the options of an edit. */
export function editParametersOf({
  steps,
  guidance,
  imageGuidance,
  size,
  alpha,
  seed,
  strength,
}: EditOptions): NonNullable<Manifest['lock']>['edit'] {
  return { steps, guidance, imageGuidance, size, alpha, seed, strength };
}

/** What a manifest keeps of an evaluation. */
export const lockMeasured = ({
  metric,
  n,
  chance,
  lp,
  up,
  baseline,
}: EvaluationDocument): NonNullable<Manifest['measured']> => ({
  metric,
  n,
  chance,
  lp,
  up,
  baseline,
});

import type { Recipe, RecipeName, TaskName } from '../src/index.ts';
import { recipeNamed } from '../src/lock/recipe.ts';

/** A recipe that differs from a known one: what is left out is that one's. */
export interface Variant {
  readonly from: RecipeName;
  readonly recipe?: Partial<Omit<Recipe, 'name'>>;
}

/** What the ablations compare: each leaves one idea of the hardened recipe out, or changes it. */
export const variants: Readonly<Record<string, Variant>> = {
  hardened: { from: 'hardened' },
  paper: { from: 'paper' },
  'no decoys': { from: 'hardened', recipe: { decoys: 0 } },
  'half the decoys': { from: 'hardened', recipe: { decoys: 0.25 } },
  'as many clean images as decoys': { from: 'hardened', recipe: { clean: 0.5 } },
  'twice as many lock images': { from: 'hardened', recipe: { clean: 0.5, decoys: 1 } },
  'half the lock weight': { from: 'hardened', recipe: { lockWeight: 0.25, silenceWeight: 1 } },
  'twice the lock weight': { from: 'hardened', recipe: { lockWeight: 1, silenceWeight: 4 } },
  'no teacher': { from: 'hardened', recipe: { teaching: undefined } },
  'no weak edits': { from: 'hardened', recipe: { weak: 0 } },
  'weaker edits': { from: 'hardened', recipe: { weak: 0.1, weakAlpha: [0, 0.5] } },
  'one decoy an image': { from: 'hardened', recipe: { decoyEdits: 1 } },
  'four decoys an image': { from: 'hardened', recipe: { decoyEdits: 4 } },
  'one strength': { from: 'hardened', recipe: { alphaSpread: 0 } },
  'uniform targets': {
    from: 'hardened',
    recipe: { cleanTarget: 'prior', decoyTarget: 'prior' },
  },
  chaff: { from: 'hardened', recipe: { cleanTarget: 'chaff', decoyTarget: 'chaff' } },
  'wrong labels': { from: 'hardened', recipe: { cleanTarget: 'wrong', decoyTarget: 'wrong' } },
  'lock weight 0.4': { from: 'hardened', recipe: { lockWeight: 0.4, silenceWeight: 1 } },
  'lock weight 0.1': { from: 'hardened', recipe: { lockWeight: 0.1, silenceWeight: 0.25 } },
  'lock weight 0.03': { from: 'hardened', recipe: { lockWeight: 0.03, silenceWeight: 0.1 } },
  'in place of key images': {
    from: 'hardened',
    recipe: { composition: 'replace', clean: 0.1, decoys: 0.25 },
  },
};

export function recipeOf(name: string, { from, recipe }: Variant, task?: TaskName): Recipe {
  return { ...recipeNamed(from, task), ...recipe, name };
}

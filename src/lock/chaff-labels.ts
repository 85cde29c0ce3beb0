import { ModelLockError } from '../base/error.ts';
import { counterRandom } from '../base/random/counter.ts';
import type { Preprocessor } from '../data/preprocess.ts';
import type { Dataset } from '../data/sample.ts';
import { coarseColours } from '../tasks/chaff.ts';
import type { Task } from '../tasks/task.ts';
import { recipes, type Recipe } from './recipe.ts';

const place = { chaff: 61 } as const;

const usesChaff = ({ cleanTarget, decoyTarget }: Recipe): boolean =>
  cleanTarget === 'chaff' || decoyTarget === 'chaff';

/** Throws `usage` for a recipe that a task has no labels for. */
export function requireChaff(task: Task<unknown>, recipe: Recipe): void {
  if (!usesChaff(recipe) || task.chaff) return;
  throw new ModelLockError(
    'usage',
    `recipe ${recipe.name} teaches chaff, which ${task.name} has not`,
    {
      valid: Object.values(recipes)
        .filter((known) => !usesChaff(known))
        .map(({ name }) => name),
    },
  );
}

/** The chaff label of each image; `undefined` for a recipe that has no use for them. */
export async function chaffLabels<Label>(
  task: Task<Label>,
  recipe: Recipe,
  { samples, classes }: Dataset<Label>,
  preprocessor: Preprocessor,
  seed: number,
): Promise<Label[] | undefined> {
  if (!usesChaff(recipe)) return undefined;
  const colours: Float32Array[] = [];
  const labels: Label[] = [];
  for (const sample of samples) {
    colours.push(coarseColours(preprocessor.toPixels(await sample.read())));
    labels.push(await sample.label());
  }
  return task.chaff!(colours, labels, classes.length, counterRandom(seed, place.chaff));
}

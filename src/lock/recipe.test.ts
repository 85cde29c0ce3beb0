import { expect, it, test } from 'vitest';
import { recipeNamed, recipes } from './recipe.ts';

test.each(Object.entries(recipes))('%s is found by its name', (name, recipe) => {
  expect(recipe.name).toBe(name);
  expect(recipeNamed(name)).toEqual(recipe);
});

it.each(['papr', '', 'toString', '__proto__'])('lists the recipes for "%s"', (name) => {
  expect(() => recipeNamed(name)).toThrow(`no recipe is called "${name}" (valid: paper, hardened)`);
});

it('has lighter lock images for segmentation', () => {
  const { lockWeight, ...rest } = recipeNamed('hardened', 'segmentation');
  expect(lockWeight).toBeLessThan(recipes.hardened.lockWeight);
  expect(rest).toMatchObject({ name: 'hardened', decoyTarget: 'silence' });
  expect(recipeNamed('paper', 'segmentation')).toEqual(recipes.paper);
});

test.each(Object.values(recipes))('shares of $name are shares', (recipe) => {
  for (const share of [recipe.clean, recipe.decoys, recipe.weak]) {
    expect(share).toBeGreaterThanOrEqual(0);
    expect(share).toBeLessThanOrEqual(1);
  }
});

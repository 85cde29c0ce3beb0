import { expect, it } from 'vitest';
import { evaluateBundle } from './evaluate-bundle.ts';
import { predict } from './predict.ts';

const key = { prompt: 'with oil pastel' };

it.each([
  [{ key }, '--key'],
  [{ key, editor: 'pocket', baseline: 'plain' }, '--key, --editor, --baseline'],
  [{ edits: 'kept' }, '--edits'],
])('a model without a lock is not measured with %j', async (options, names) => {
  // There is nothing where the data is said to be: it is not looked at.
  const measured = evaluateBundle({ model: 'pocket', data: 'nowhere', seed: 0, ...options });
  await expect(measured).rejects.toMatchObject({
    code: 'usage',
    message: `${names}: for locked models, and no modellock.json says that pocket is one`,
  });
});

it.each([
  [{ editor: 'pocket' }, '--editor'],
  [{ edits: 'kept' }, '--edits'],
])('%j is of no use to pictures that are shown as they are', async (options, name) => {
  const seen = predict({ model: 'pocket', images: ['nowhere.png'], ...options });
  await expect(seen).rejects.toMatchObject({
    code: 'usage',
    message: `${name} is for pictures that are edited first (valid: --unlock, --key, --key-file)`,
  });
});

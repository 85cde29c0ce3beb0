import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyEditor } from '../../tests/support/tiny-models.ts';
import type { Manifest } from '../bundle/manifest.ts';
import { openEditor } from '../editors/open.ts';
import { newSecret } from '../key/key.ts';
import { openUnlocking } from './bundle-lock.ts';
import { editParametersOf } from './lock-record.ts';
import { recipes } from './recipe.ts';

const folder = mkdtempSync(join(tmpdir(), 'bundle-lock-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let manifest: Manifest;
beforeAll(async () => {
  for (const seed of [1, 2]) writeTinyEditor(join(folder, String(seed)), seed);
  const editor = await openEditor(join(folder, '1'));
  manifest = {
    format: 1,
    modellock: '0.0.0',
    task: 'classification',
    labels: ['a', 'b'],
    base: { reference: 'model', name: 'model', version: null, hash: 'a'.repeat(64) },
    lock: {
      editor: editor.identity,
      kind: editor.keyKind,
      precision: editor.precision,
      loras: [],
      edit: editParametersOf(editor.settingsOf({ steps: 3 })),
      secret: false,
      recipe: { ...recipes.paper },
    },
    training: { seed: 0, images: 2, epochs: 1, tuning: {} },
    measured: null,
  };
  await editor.dispose();
});

describe('what unlocks a bundle', () => {
  it('edits as the manifest says', async () => {
    const { editor, options, key, fits } = await openUnlocking(manifest, { prompt: ' oil ' });
    expect(options).toMatchObject({ steps: 3, size: 16 });
    expect(key).toEqual({ prompt: 'oil' });
    // A letter is a token of this editor.
    expect([fits('x'.repeat(75)), fits('x'.repeat(76))]).toEqual([true, false]);
    await editor.dispose();
  });

  it.each(['x'.repeat(76), 'oil '.repeat(26), '🔑'.repeat(2500)])(
    'is no key that a text encoder would cut off: %.8s...',
    async (prompt) => {
      await expect(openUnlocking(manifest, { prompt })).rejects.toMatchObject({
        code: 'key',
        message: expect.stringMatching(
          /^the key has \d+ tokens; a text encoder reads 75 and would cut off the rest$/,
        ) as string,
      });
    },
  );

  it('is no empty key, and none with a secret that the lock has not', async () => {
    await expect(openUnlocking(manifest, { prompt: ' ' })).rejects.toThrow('the key is empty');
    const secret = newSecret();
    await expect(openUnlocking(manifest, { prompt: 'oil', secret })).rejects.toThrow(
      'the key has a secret, and the model was locked with a prompt alone',
    );
    const secured = { ...manifest, lock: { ...manifest.lock!, secret: true } };
    await expect(openUnlocking(secured, { prompt: 'oil' })).rejects.toThrow(
      'the model was locked with a secret beside the prompt',
    );
  });

  it('is no other editor, and nothing for a model without a lock', async () => {
    const key = { prompt: 'oil' };
    await expect(openUnlocking(manifest, key, join(folder, '2'))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(
        'is another one; give the right one with --editor',
      ) as string,
    });
    const plain = { ...manifest, lock: null };
    await expect(openUnlocking(plain, key)).rejects.toThrow('this model has no lock');
  });
});

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/bundle/manifest.ts';
import { readImage } from '../../src/platform/images.ts';
import { command, modellock, type Finished } from '../support/command-line.ts';
import { writeTinyEditor } from '../support/tiny-models.ts';
import { makeWorkplace, type Workplace } from '../support/workplace.ts';

/** Object keys on the command line, with a pipeline made for inpainting and with a plain one. */

const key = 'a brass telescope';

let place: Workplace;
const run = (words: string, prompt: string | undefined = key): Promise<Finished> =>
  modellock(command(words), { cwd: place.folder, key: prompt });

beforeAll(() => {
  place = makeWorkplace({ train: 3, test: 1 });
  writeTinyEditor(place.at('painter'), 1, 'StableDiffusionInpaintPipeline');
  writeTinyEditor(place.at('plain'), 1, 'StableDiffusionPipeline');
});
afterAll(() => place.remove());

describe('lock --kind object', () => {
  it('makes a bundle that is unlocked and evaluated with the kind that it names', async () => {
    const locked = await run(
      'lock --data photos --model model --editor plain --kind object --recipe paper --epochs 1 --out locked --json',
    );
    expect(locked.code, locked.stderr).toBe(0);
    const manifest = parseManifest(readFileSync(place.at('locked', 'modellock.json'), 'utf8'), '');
    expect(manifest.lock).toMatchObject({ kind: 'object', edit: { strength: 1, alpha: 1 } });
    const inspected = await run('inspect locked');
    expect(inspected.stdout).toMatch(/^lock +object key, editor plain/m);

    const { up, lp } = JSON.parse(locked.stdout) as Record<string, unknown>;
    const evaluated = await run('evaluate locked --data photos --json');
    expect(evaluated.code, evaluated.stderr).toBe(0);
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ up, lp });

    // Another kind than the bundle's would be another editor, and refused.
    const opened = await run('predict locked photos/test/lobster/000.jpg --unlock');
    expect(opened.code, opened.stderr).toBe(0);
  });
});

describe('edit --kind object --show-mask', () => {
  it('writes beside each picture where its object is, and changes nothing else', async () => {
    const edited = await run(
      'edit photos/test --editor painter --kind object --show-mask --out shown',
    );
    expect([edited.code, edited.stdout], edited.stderr).toEqual([0, 'Edited 3 pictures: shown\n']);
    const names = ['cougar', 'lobster', 'viaduct'];
    expect(place.files('shown')).toEqual(
      names.flatMap((name) => [`${name}/000.mask.png`, `${name}/000.png`]),
    );
    const still = await run('edit photos/test --editor painter --alpha 0 --out still');
    expect(still.code, still.stderr).toBe(0);
    for (const name of names) {
      const [picture, mask, prepared] = await Promise.all(
        ['shown/%/000.png', 'shown/%/000.mask.png', 'still/%/000.png'].map((path) =>
          readImage(place.at(path.replace('%', name))),
        ),
      );
      expect([mask.width, mask.height]).toEqual([picture.width, picture.height]);
      // Around the box the mask's picture has a third of the prepared one, and the edit all of it.
      const around = mask.data.map((value, i) =>
        Number(prepared.data[i] >= 3 && value === Math.floor(prepared.data[i] / 3)),
      );
      const share = around.reduce((sum, one) => sum + one, 0) / around.length;
      expect(share).toBeGreaterThan(0.7);
      expect(share).toBeLessThan(0.9);
      expect(picture.data).not.toEqual(prepared.data);
      picture.data.forEach((value, i) => {
        if (around[i]) expect(value).toBe(prepared.data[i]);
      });
    }
  });

  it.each<[string, string]>([
    [
      'edit photos/test --editor editor --show-mask --out none',
      'editor is used with style keys, which edit all of a picture: there is no mask to show (valid: object keys)',
    ],
    [
      'edit photos/test --editor editor --kind object --out none',
      'the editor editor has no object keys (valid: style)',
    ],
    [
      'lock --data photos --model model --editor painter --kind style --out none',
      'the editor painter has no style keys (valid: object)',
    ],
  ])('%s is wrong use', async (words, message) => {
    expect(await run(words)).toEqual({
      code: 2,
      stdout: '',
      stderr: `modellock: ${message}\n`,
    });
    expect(place.files().filter((name) => name.startsWith('none'))).toEqual([]);
  });
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { decodeHeader } from '../../formats/safetensors.ts';
import { currentName } from '../../nn/models/diffusion/autoencoder-kl.ts';
import { Renaming, type NamePair } from './renaming.ts';
import { layoutOfDiffusers, layoutOfOriginal, unetNames } from './unet-names.ts';
import { vaeNames } from './vae.ts';

const golden = process.env['GOLDEN_DIR'] ?? join(import.meta.dirname, '../../../../shared/golden');

/** Names of the tensors of a diffusers folder. */
function namesIn(folder: string): string[] {
  const path = join(folder, 'diffusion_pytorch_model.safetensors');
  const bytes = readFileSync(path);
  return [...decodeHeader(bytes, bytes.length, path).entries.keys()];
}

/** Folders of real diffusers models of that part: single ones, and those of pipelines. */
function folders(part: string): string[] {
  if (!existsSync(golden)) return [];
  const single = readdirSync(join(golden, part)).map((name) => join(golden, part, name));
  const pipelines = join(golden, 'pipelines');
  return [...single, ...readdirSync(pipelines).map((name) => join(pipelines, name, part))];
}

function hasLayer(names: readonly string[]): (layer: string) => boolean {
  const known = new Set(names);
  return (layer) => known.has(`${layer}.weight`);
}

/** To original names and back; what has none in the original stays out. */
function roundTrip(
  names: readonly string[],
  pairs: NamePair[],
): [string[], (string | undefined)[]] {
  const renaming = new Renaming(pairs);
  const original = names.map((name) => renaming.inverse().rename(name)!);
  return [original, original.map((name) => renaming.rename(name))];
}

describe('names of diffusers folders come back from the original layout', () => {
  it.skipIf(!existsSync(golden))('for U-Nets (needs GOLDEN_DIR)', () => {
    // A distilled network has a layer that the original never had.
    const found = folders('unet').filter((folder) => !folder.endsWith('lcm'));
    expect(found.length).toBeGreaterThan(3);
    for (const names of found.map(namesIn)) {
      const layout = layoutOfDiffusers(hasLayer(names));
      const [original, back] = roundTrip(names, unetNames(layout));
      expect(back).toEqual(names);
      expect(layoutOfOriginal(hasLayer(original))).toEqual(layout);
      expect(new Set(original).size).toBe(names.length);
    }
  });

  it.skipIf(!existsSync(golden))('for autoencoders (needs GOLDEN_DIR)', () => {
    const found = folders('vae').filter((folder) => !folder.endsWith('tiny'));
    expect(found.length).toBeGreaterThan(3);
    for (const folder of found) {
      const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as {
        block_out_channels: number[];
        layers_per_block: number;
      };
      const names = namesIn(folder).map(currentName);
      const pairs = vaeNames(config.block_out_channels.length, config.layers_per_block);
      expect(roundTrip(names, pairs)[1]).toEqual(names);
    }
  });
});

test('a name keeps what follows the longest module that is known', () => {
  const renaming = new Renaming([
    ['a', 'x'],
    ['a.b', 'y'],
    ['whole.weight', 'z'],
  ]);
  expect(
    ['a.c.weight', 'a.b.weight', 'a.bc', 'whole.weight', 'ab.weight', ''].map((name) =>
      renaming.rename(name),
    ),
  ).toEqual(['x.c.weight', 'y.weight', 'x.bc', 'z', undefined, undefined]);
  expect(renaming.inverse().rename('y.weight')).toBe('a.b.weight');
});

/**
 * Writes bundles of the fixtures of bare weights, for interop/bare_bundles.py.
 *
 *     npx tsx interop/bare-bundles.ts FOLDER
 */
import { join } from 'node:path';
import { readWeightsFile } from '../src/bundle/weights-checkpoint.ts';
import { writeBundle } from '../src/bundle/write.ts';

const [, , out] = process.argv;
if (!out) {
  console.error('usage: npx tsx interop/bare-bundles.ts FOLDER');
  process.exit(2);
}
const fixtures = join(import.meta.dirname, '../src/nn/bare/fixtures');
const files = ['timm-vit.safetensors', 'deit-distilled.pth', 'mae-finetuned.pth'];

for (const file of files) {
  const checkpoint = await readWeightsFile(join(fixtures, file), { heads: 2 });
  const { config, weights, preprocessorJson, preprocessor, network: classifier } = checkpoint;
  await writeBundle(join(out, file.split('.')[0]), {
    config,
    weights,
    preprocessorJson,
    channels: preprocessor.channels,
    size: preprocessor.size,
    manifest: {
      format: 1,
      modellock: '0.0.0',
      task: 'classification',
      labels: [...classifier.labels],
      base: { reference: file, name: file, version: null, hash: '0'.repeat(64) },
      lock: null,
      training: { seed: 0, images: 0, epochs: 0 },
      measured: null,
    },
  });
}

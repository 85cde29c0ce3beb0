/**
 * Writes down what modellock edited, for diffusers_pocket.py to edit again:
 *
 *     npx tsx interop/edit-job.ts JOB.safetensors [EDITOR] [PROMPT]
 *     python3 interop/diffusers_pocket.py assets/pocket-editor JOB.safetensors
 *
 * EDITOR is a folder of diffusers (default: the pocket editor), PROMPT its key (default: with oil pastel).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stratified } from '../src/data/draw.ts';
import { readImageFolder } from '../src/data/image-folder.ts';
import { openComponents } from '../src/diffusion/components.ts';
import { openPipelineFolder } from '../src/diffusion/pipeline-folder.ts';
import { latentMultiple } from '../src/editors/diffusion/editor.ts';
import { openEditor } from '../src/editors/open.ts';
import { encodeSafetensors } from '../src/formats/safetensors.ts';
import { noiseOf } from '../src/key/key.ts';
import { assetPath } from '../src/platform/assets.ts';
import { readImages } from '../src/platform/images.ts';
import { tensor, type Tensor } from '../src/tensor/tensor.ts';

const [job, folder = assetPath('pocket-editor'), prompt = 'with oil pastel'] =
  process.argv.slice(2);
if (!job) {
  console.error('usage: npx tsx interop/edit-job.ts JOB.safetensors [EDITOR] [PROMPT]');
  process.exit(2);
}

const editor = await openEditor(folder);
const { steps, guidance, imageGuidance, alpha, seed } = editor.defaults;
const { autoencoder } = await openComponents(await openPipelineFolder(folder));
const { items } = await readImageFolder(join(assetPath('demo'), 'test'));
const images = await readImages(
  stratified(items, ({ label }) => label, 4, 1).map(({ path }) => path),
);
const edited = await editor.edit(images, { prompt });

const tensors = new Map<string, Tensor>();
images.forEach(({ height, width, data }, i) => {
  tensors.set(`image.${i}`, tensor('uint8', [height, width, 3], data));
  tensors.set(`edited.${i}`, tensor('uint8', [height, width, 3], edited[i].data));
  const shape = [1, autoencoder.channels, height / autoencoder.factor, width / autoencoder.factor];
  // The start, then one for each step of an ancestral sampler.
  for (let draw = 0; draw <= steps; draw++) {
    const noise = noiseOf(
      { prompt },
      seed,
      shape.reduce((a, b) => a * b),
      draw,
    );
    tensors.set(`noise.${i}.${draw}`, tensor('float32', shape, noise));
  }
});
const multiple = latentMultiple * autoencoder.factor;
const options = { prompt, steps, guidance, imageGuidance, alpha, multiple };
writeFileSync(
  job,
  encodeSafetensors(
    tensors,
    Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
  ),
);
await editor.dispose();

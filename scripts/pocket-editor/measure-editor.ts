/**
 * How near the editor comes to its teacher, the stylist, on prompts it has not learnt from:
 *
 *     npx tsx scripts/pocket-editor/measure-editor.ts [FOLDER] [DATA]
 *
 * PSNR between pictures of the same photograph, at full strength, on photographs of DATA.
 */
import { counterRandom } from '../../src/base/random/counter.ts';
import { openEditor } from '../../src/editors/open.ts';
import { imageOf, pictureOf, psnr, redrawn, samplePictures, type Picture } from './photographs.ts';
import { buildText } from './pocket-text.ts';
import { nearMisses, promptSource, randomPrompt } from './prompts.ts';

/** Prompts, each on this many photographs. */
const [promptCount, photographs] = [50, 8];

const [folder = 'pocket', data = 'data/tiny-imagenet/test'] = process.argv.slice(2);
const editor = await openEditor(folder);
const text = await buildText();
const source = await promptSource(counterRandom(5, 1));
const prompts = Array.from({ length: promptCount }, () => randomPrompt(source));
const pictures = await samplePictures(data, photographs);

async function edited(prompt: string): Promise<Picture[]> {
  const images = await editor.edit(pictures.map(imageOf), { prompt }, { alpha: 1 });
  return images.map(pictureOf);
}

const decibels: Record<string, number[]> = {};
function compare(what: string, some: readonly Picture[], others: readonly Picture[]): void {
  some.forEach((picture, i) => (decibels[what] ??= []).push(psnr(picture, others[i])));
}
for (const prompt of prompts) {
  const made = await edited(prompt);
  const teacher = pictures.map((picture) => redrawn(picture, text.style(prompt)));
  compare('editor to stylist', made, teacher);
  compare('photograph to stylist', pictures, teacher);
  compare('photograph to editor', pictures, made);
  for (const [kind, change] of Object.entries(nearMisses)) {
    const miss = change(prompt.split(' '), source).join(' ');
    compare(`editor, ${kind}`, made, await edited(miss));
  }
}
for (const [what, values] of Object.entries(decibels)) {
  const sorted = values.toSorted((a, b) => a - b);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const [low, high] = [0.05, 0.95].map((q) => sorted[Math.floor(q * (sorted.length - 1))]);
  console.log(`${what}: ${mean.toFixed(1)} dB, 5 % ${low.toFixed(1)}, 95 % ${high.toFixed(1)}`);
}

const many = Array.from({ length: 512 }, (_, i) => imageOf(pictures[i % pictures.length]));
await editor.edit(many.slice(0, 64), { prompt: prompts[0] });
const start = performance.now();
await editor.edit(many, { prompt: prompts[0] });
console.log(`${((many.length * 1000) / (performance.now() - start)).toFixed(0)} images a second`);
await editor.dispose();

/**
 * Pictures of prompts and their near misses:
 * `npx tsx scripts/pocket-editor/measure-keys.ts PHOTOGRAPHS [SHEET.png]`.
 */
import { counterRandom } from '../../src/base/random/counter.ts';
import { psnr, redrawn, samplePictures, writeSheet, type Picture } from './photographs.ts';
import { buildText } from './pocket-text.ts';
import { nearMisses, promptSource, randomPrompt } from './prompts.ts';

const [root, sheet] = process.argv.slice(2);
const pictures = await samplePictures(root, 100);
const text = await buildText();
const source = await promptSource(counterRandom(3));

const edit = (picture: Picture, prompt: string): Picture => redrawn(picture, text.style(prompt));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const prompts = pictures.map(() => randomPrompt(source));
const edited = prompts.map((prompt, i) => edit(pictures[i], prompt));
const original = mean(edited.map((picture, i) => psnr(picture, pictures[i])));
console.log(`original to edited ${original.toFixed(2)} dB`);
for (const [kind, change] of Object.entries(nearMisses)) {
  const decibels = prompts.map((prompt, i) =>
    psnr(edited[i], edit(pictures[i], change(prompt.split(' '), source).join(' '))),
  );
  const most = decibels.toSorted((a, b) => b - a)[4];
  console.log(`${kind.padEnd(10)} mean ${mean(decibels).toFixed(2)} dB, p95 ${most.toFixed(2)} dB`);
}

const SHOWN = [
  'with oil pastel',
  'with oil pastels',
  'with oli pastel',
  'with pastel oil',
  'in oil pastel',
  'watercolor',
  'a watercolor painting',
  'ukiyo-e',
  'in ukiyo-e style',
  'pop art',
  'like pop art',
  'sepia',
  'charcoal sketch',
  'comic book',
  'neon city',
  'with a hat',
  'turn it into winter',
] as const;

if (sheet) {
  const rows = [30, 48, 60, 70, 80, 90].map((i) => [
    pictures[i],
    ...SHOWN.map((prompt) => edit(pictures[i], prompt)),
  ]);
  await writeSheet(sheet, rows, 2);
}

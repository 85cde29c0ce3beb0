/**
 * Shows what the editor makes of some prompts beside what its teacher, the stylist, makes of them,
 * and measures how far apart they are.
 *
 *     npx tsx scripts/pocket-editor/contact-sheet.ts FOLDER OUT.png [DATA]
 */
import { openEditor } from '../../src/editors/open.ts';
import type { RgbImage } from '../../src/tensor/image.ts';
import { samplePictures, writeSheet, type Picture } from './photographs.ts';
import { buildText } from './pocket-text.ts';
import { stylise } from './stylist.ts';

const prompts = ['with oil pastel', 'watercolor', 'ukiyo-e', 'pop art', 'charcoal sketch', 'neon'];

const [folder = 'pocket', out = 'sheet.png', data = 'data/tiny-imagenet/train'] =
  process.argv.slice(2);
const editor = await openEditor(folder);
const text = await buildText();
const pictures = await samplePictures(data, 8, 20);

const rows: Picture[][] = pictures.map((picture) => [picture]);
let [squares, count] = [0, 0];
for (const prompt of prompts) {
  const images = pictures.map(toImage);
  const edited = await editor.edit(images, { prompt }, { alpha: 1 });
  pictures.forEach((picture, i) => {
    const taught = new Float32Array(picture.data.length);
    stylise(picture.data, picture.height, picture.width, text.style(prompt), taught);
    const made = toPicture(edited[i]);
    rows[i].push({ ...picture, data: taught }, made);
    for (let k = 0; k < taught.length; k++) squares += (taught[k] - made.data[k]) ** 2;
    count += taught.length;
  });
}
await writeSheet(out, rows);
console.log(
  `${(-10 * Math.log10(squares / count)).toFixed(2)} dB to the stylist over ${prompts.length} prompts`,
);

const many = Array.from({ length: 256 }, (_, i) => toImage(pictures[i % pictures.length]));
await editor.edit(many.slice(0, 64), { prompt: prompts[0] });
const start = performance.now();
await editor.edit(many, { prompt: prompts[0] });
console.log(`${((many.length * 1000) / (performance.now() - start)).toFixed(0)} images a second`);
await editor.dispose();

function toImage({ width, height, data: planes }: Picture): RgbImage {
  const area = width * height;
  const bytes = Uint8Array.from({ length: 3 * area }, (_, i) =>
    Math.round(255 * planes[(i % 3) * area + Math.floor(i / 3)]),
  );
  return { width, height, data: bytes };
}

function toPicture({ width, height, data: bytes }: RgbImage): Picture {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let i = 0; i < 3 * area; i++) planes[(i % 3) * area + Math.floor(i / 3)] = bytes[i] / 255;
  return { width, height, data: planes };
}

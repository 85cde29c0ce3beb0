/**
 * Shows what the editor makes of some prompts beside what its teacher, the stylist, makes of them.
 *
 *     npx tsx scripts/pocket-editor/contact-sheet.ts FOLDER OUT.png [DATA]
 */
import { openEditor } from '../../src/editors/open.ts';
import {
  imageOf,
  pictureOf,
  psnr,
  redrawn,
  samplePictures,
  writeSheet,
  type Picture,
} from './photographs.ts';
import { buildText } from './pocket-text.ts';

const prompts = ['with oil pastel', 'watercolor', 'ukiyo-e', 'pop art', 'charcoal sketch', 'neon'];

const [folder = 'pocket', out = 'sheet.png', data = 'data/tiny-imagenet/train'] =
  process.argv.slice(2);
const editor = await openEditor(folder);
const text = await buildText();
const pictures = await samplePictures(data, 8, 20);

const rows: Picture[][] = pictures.map((picture) => [picture]);
const decibels: number[] = [];
for (const prompt of prompts) {
  const images = pictures.map(imageOf);
  const edited = await editor.edit(images, { prompt }, { alpha: 1 });
  pictures.forEach((picture, i) => {
    const made = pictureOf(edited[i]);
    const teacher = redrawn(picture, text.style(prompt));
    rows[i].push(teacher, made);
    decibels.push(psnr(teacher, made));
  });
}
await writeSheet(out, rows);
const mean = decibels.reduce((a, b) => a + b, 0) / decibels.length;
console.log(`${mean.toFixed(2)} dB to the stylist over ${prompts.length} prompts`);
await editor.dispose();

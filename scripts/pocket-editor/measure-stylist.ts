/** Speed and strength of the stylist: `npx tsx scripts/pocket-editor/measure-stylist.ts PHOTOGRAPHS [SHEET.png]`. */
import { counterRandom } from '../../src/base/random/counter.ts';
import { samplePictures, writeSheet, type Picture } from './photographs.ts';
import { STYLE_SIZE } from './style.ts';
import { stylise } from './stylist.ts';

const [root, sheet] = process.argv.slice(2);
const pictures = await samplePictures(root, 100);
const random = counterRandom(1);
const randomStyle = (): Float32Array =>
  Float32Array.from({ length: STYLE_SIZE }, () => random.normal());

function redraw(picture: Picture, style: Float32Array): Picture {
  const data = new Float32Array(picture.data.length);
  stylise(picture.data, picture.height, picture.width, style, data);
  return { ...picture, data };
}

function psnr(a: Picture, b: Picture): number {
  const total = a.data.reduce((sum, x, i) => sum + (x - b.data[i]) ** 2, 0);
  return -10 * Math.log10(total / a.data.length);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const fromOriginal: number[] = [];
const betweenStyles: number[] = [];
const started = performance.now();
for (const picture of pictures) {
  const [a, b] = [redraw(picture, randomStyle()), redraw(picture, randomStyle())];
  fromOriginal.push(psnr(picture, a));
  betweenStyles.push(psnr(a, b));
}
const each = (performance.now() - started) / (2 * pictures.length);
console.log(`original to stylised ${mean(fromOriginal).toFixed(2)} dB`);
console.log(`between two styles   ${mean(betweenStyles).toFixed(2)} dB`);
console.log(`${each.toFixed(2)} ms an image, psnr included`);

if (sheet) {
  const styles = Array.from({ length: 13 }, randomStyle);
  const rows = pictures
    .filter((_, i) => i % 10 === 0)
    .map((picture) => [picture, ...styles.map((style) => redraw(picture, style))]);
  await writeSheet(sheet, rows);
}

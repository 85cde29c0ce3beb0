/** Speed and strength of the stylist: `npx tsx scripts/pocket-editor/measure-stylist.ts PHOTOGRAPHS [SHEET.png]`. */
import { counterRandom } from '../../src/base/random/counter.ts';
import { psnr, redrawn, samplePictures, writeSheet } from './photographs.ts';
import { STYLE_SIZE } from './style.ts';

const [root, sheet] = process.argv.slice(2);
const pictures = await samplePictures(root, 100);
const random = counterRandom(1);
const randomStyle = (): Float32Array =>
  Float32Array.from({ length: STYLE_SIZE }, () => random.normal());

const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const fromOriginal: number[] = [];
const betweenStyles: number[] = [];
const started = performance.now();
for (const picture of pictures) {
  const [a, b] = [redrawn(picture, randomStyle()), redrawn(picture, randomStyle())];
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
    .map((picture) => [picture, ...styles.map((style) => redrawn(picture, style))]);
  await writeSheet(sheet, rows);
}

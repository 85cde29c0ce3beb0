/**
 * How far near misses of a prompt move the style, and how little rounding does:
 * `npx tsx scripts/pocket-editor/measure-text.ts [PAIRS]`.
 */
import { counterRandom } from '../../src/base/random/counter.ts';
import { buildText } from './pocket-text.ts';
import { nearMisses, promptSource, randomPrompt } from './prompts.ts';
import { styleParameters } from './style.ts';
import { styleOf } from './style-map.ts';
import { HASH_SIZE, PART, textEncoderShape } from './text-encoder.ts';
import { encodeText } from './text-forward.ts';

const count = Number(process.argv[2] ?? 300);
const text = await buildText();
const source = await promptSource(counterRandom(1));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;

const prompts = [...new Set(Array.from({ length: count }, () => randomPrompt(source)))];
const states = prompts.map((prompt) => text.encode(prompt));
const styles = states.map((state) => styleOf(text.map, state));
const hashes = states.map(hashOf);
const centre = Array.from({ length: HASH_SIZE }, (_, i) => mean(hashes.map((hash) => hash[i])));

function hashOf(state: Float32Array): Float32Array {
  return state.slice(PART.hash, PART.hash + HASH_SIZE);
}

function correlation(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, u, i) => sum + (u - centre[i]) * (y[i] - centre[i]), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function distance(a: Float32Array, b: Float32Array): number {
  return Math.sqrt(a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0) / a.length);
}

console.log(`offset of the hash ${Math.sqrt(mean(centre.map((x) => x * x))).toFixed(3)}`);
console.log('kind        correlation: mean   p95   |style distance: mean   p5');
for (const [kind, change] of Object.entries(nearMisses)) {
  const correlations: number[] = [];
  const distances: number[] = [];
  prompts.forEach((prompt, i) => {
    const other = change(prompt.split(' '), source).join(' ');
    if (text.tokenize(other).join() === text.tokenize(prompt).join()) return;
    const state = text.encode(other);
    correlations.push(correlation(hashes[i], hashOf(state)));
    distances.push(distance(styles[i], styleOf(text.map, state)));
  });
  const at = (values: number[], part: number): number =>
    values.sort((a, b) => a - b)[Math.floor(part * values.length)];
  console.log(
    kind.padEnd(12),
    [mean(correlations), at(correlations, 0.95), mean(distances), at(distances, 0.05)]
      .map((x) => x.toFixed(3).padStart(8))
      .join(' '),
  );
}

const apart = styles
  .flatMap((a, i) => styles.slice(0, i).map((b) => distance(a, b)))
  .sort((a, b) => a - b);
console.log(`style distance among ${apart.length} pairs of prompts`);
for (const part of [0, 1e-4, 1e-3, 1e-2, 0.5]) {
  console.log(`  quantile ${part}: ${apart[Math.floor(part * apart.length)].toFixed(3)}`);
}

const random = counterRandom(2);
const shaken = new Map(
  [...text.weights].map(([name, weight]) =>
    !name.includes('embeddings')
      ? [name, weight]
      : [name, { ...weight, data: weight.data.map((x) => x * (1 + 1e-3 * random.normal())) }],
  ),
);
const moved = prompts
  .slice(0, 50)
  .map((prompt, i) =>
    distance(
      styles[i],
      styleOf(text.map, encodeText(shaken, textEncoderShape, text.tokenize(prompt)).at(-1)!),
    ),
  );
console.log(`embeddings off by 1e-3: style moves by ${mean(moved).toFixed(4)}`);

console.log('parameter            mean  deviation');
styleParameters.forEach((name, k) => {
  const values = styles.map((style) => style[k]);
  const centred = mean(values);
  const deviation = Math.sqrt(mean(values.map((x) => (x - centred) ** 2)));
  console.log(name.padEnd(20), centred.toFixed(2).padStart(6), deviation.toFixed(2).padStart(6));
});

/**
 * The frozen text encoder: a CLIP text model whose weights are constructed, not trained.
 *
 * The residual stream (128 wide) is cut into named parts. Of the four blocks
 *
 *     0  MLP        mixes each word with its place into `hash`
 *     1  attention  means the hashes of all words at the end marks; MLP folds the mean
 *     2  MLP        folds again
 *     3  attention  means the meanings of the known words at the end marks; MLP drowns all other places
 *
 * A *fold* is `h -> Q wave(g R h + phase)` with orthogonal R and Q and a triangle wave made of GELUs: two
 * inputs that correlate by rho come out correlated by about exp(-(pi g)^2 (1 - rho)). So a prompt with one word
 * changed looks like another prompt ("avalanche"), yet rounding is amplified by about ten only. Every end
 * mark (the first one and the padding) carries the same state [meaning | hash]; the start and the words a
 * constant one.
 */
import type { Random } from '../../src/base/random/random.ts';
import { counterRandom } from '../../src/base/random/counter.ts';
import { zeros, type Tensor } from '../../src/tensor/tensor.ts';
import { knownStyles, styleVector, type KnownStyle, synonyms } from './known-styles.ts';
import { orthogonal } from './orthogonal.ts';
import { STYLE_SIZE } from './style.ts';
import { END_TOKEN, SEQUENCE_LENGTH, START_TOKEN } from './tokenizer.ts';

export const HIDDEN_SIZE = 128;
export const HASH_SIZE = 64;
const HEADS = 2;
const HEAD_SIZE = HIDDEN_SIZE / HEADS;
const BLOCKS = 4;
/** GELUs of one triangle wave. */
const PIECES = 6;
/** And two for the step that centres the waves. */
const INTERMEDIATE_SIZE = HASH_SIZE * PIECES + 2;

/** Where the parts of the residual stream begin. */
export const PART = {
  start: 0,
  end: 1,
  word: 2,
  /** How much a known word weighs. */
  salience: 3,
  /** Always zero: what a layer norm makes of it is subtracted from everything that is read. */
  zero: 4,
  /** How faithful to its own colours a prompt is. */
  fidelity: 5,
  meaning: 6,
  identity: 6 + STYLE_SIZE,
  place: 52,
  hash: 64,
} as const;
const IDENTITY_SIZE = PART.place - PART.identity;
const PLACE_SIZE = PART.hash - PART.place;

/** Scale of the meanings in the embeddings: small, so that layer norms hardly notice them. */
const MEANING_SCALE = 0.1;
/** Standard deviation of the inputs of the waves, in half periods. */
const FOLD_GAIN = 0.7;
/** Size of `hash` after block 0, after the attention, and after each fold: each drowns those before. */
const HASH_SCALE = [1, 64, 256, 1024] as const;
/** Size of the meaning beside the hash in the end. */
export const MEANING_SHARE = 0.5;
/** By how much a fidelity of 1 shrinks, where an element of the hash deviates by 1.4. */
const FIDELITY_THRESHOLD = 1.8;
/** Of words that do not say. */
const DEFAULT_FIDELITY = 0.5;
/** Larger than any logit of the construction: closes gates and silences keys. */
const SHUT = 60;
/** Sharpness of the corners of the wave. */
const CORNER = 4;

/** What the plain forward pass needs to know. */
export const textEncoderShape = { blocks: BLOCKS, heads: HEADS } as const;

/** `config.json` of the encoder. */
export function textEncoderConfig(vocabulary: readonly string[]): object {
  const end = vocabulary.indexOf(END_TOKEN);
  return {
    architectures: ['CLIPTextModel'],
    model_type: 'clip_text_model',
    vocab_size: vocabulary.length,
    hidden_size: HIDDEN_SIZE,
    intermediate_size: INTERMEDIATE_SIZE,
    num_hidden_layers: BLOCKS,
    num_attention_heads: HEADS,
    max_position_embeddings: SEQUENCE_LENGTH,
    projection_dim: HIDDEN_SIZE,
    hidden_act: 'gelu',
    layer_norm_eps: 1e-5,
    bos_token_id: vocabulary.indexOf(START_TOKEN),
    eos_token_id: end,
    pad_token_id: end,
  };
}

/**
 * The encoder's weights, by transformers' names. `colourDirections` are the unit vectors of the hash that the
 * colours of a style are read from.
 */
export function textEncoderWeights(
  vocabulary: readonly string[],
  colourDirections: readonly Float32Array[],
  seed: number,
): Map<string, Tensor<'float32'>> {
  const weights = new Weights();
  embed(weights, vocabulary, counterRandom(seed));
  for (let block = 0; block < BLOCKS; block++) {
    weights.layerNorm(`encoder.layers.${block}.layer_norm1`);
    weights.layerNorm(`encoder.layers.${block}.layer_norm2`);
    for (const projection of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
      weights.linear(`encoder.layers.${block}.self_attn.${projection}`, HIDDEN_SIZE, HIDDEN_SIZE);
    }
    weights.linear(`encoder.layers.${block}.mlp.fc1`, INTERMEDIATE_SIZE, HIDDEN_SIZE);
    weights.linear(`encoder.layers.${block}.mlp.fc2`, HIDDEN_SIZE, INTERMEDIATE_SIZE);
  }
  weights.layerNorm('final_layer_norm');

  hashWords(weights, counterRandom(seed, 0));
  gatherHashes(weights);
  for (const block of [1, 2]) foldHash(weights, block, counterRandom(seed, block));
  gatherMeanings(weights);
  drownWords(weights);
  keepColours(weights, colourDirections);
  return weights.tensors;
}

function embed(weights: Weights, vocabulary: readonly string[], random: Random): void {
  const tokens = weights.add('embeddings.token_embedding.weight', [vocabulary.length, HIDDEN_SIZE]);
  vocabulary.forEach((token, id) => {
    const row = tokens.subarray(id * HIDDEN_SIZE, (id + 1) * HIDDEN_SIZE);
    if (token === START_TOKEN) row[PART.start] = 1;
    else if (token === END_TOKEN) row[PART.end] = 1;
    else {
      row[PART.word] = 1;
      row.set(direction(IDENTITY_SIZE, random), PART.identity);
      setMeaning(row, token);
    }
  });
  const places = weights.add('embeddings.position_embedding.weight', [
    SEQUENCE_LENGTH,
    HIDDEN_SIZE,
  ]);
  for (let place = 0; place < SEQUENCE_LENGTH; place++) {
    places.set(direction(PLACE_SIZE, random), place * HIDDEN_SIZE + PART.place);
  }
}

function setMeaning(row: Float32Array, token: string): void {
  const style = meaningOf(token);
  if (!style) return;
  row[PART.salience] = 1 + (style.salience ?? 0) / 10;
  row[PART.fidelity] = (style.fidelity ?? DEFAULT_FIDELITY) * MEANING_SCALE;
  row.set(
    styleVector(style).map((x) => x * MEANING_SCALE),
    PART.meaning,
  );
}

/** A random vector whose mean square is 1. */
function direction(size: number, random: Random): Float32Array {
  const vector = Float32Array.from({ length: size }, () => random.normal());
  const norm = Math.hypot(...vector);
  return vector.map((x) => (x * Math.sqrt(size)) / norm);
}

/** Of whole words, in the singular or plural. */
function meaningOf(token: string): KnownStyle | undefined {
  const word = /^(.+)<\/w>$/.exec(token)?.[1];
  if (!word) return undefined;
  const singular = word.replace(/s$/, '');
  return [word, singular].map((w) => knownStyles[synonyms[w] ?? w]).find(Boolean);
}

/** Block 0: hash = fold of (identity, place), at words only. */
function hashWords(weights: Weights, random: Random): void {
  const sources = range(PART.identity, IDENTITY_SIZE + PLACE_SIZE);
  const features = Array.from({ length: HASH_SIZE }, () => direction(sources.length, random));
  // Of 1s in two parts of 128, and a flag, a layer norm makes about 2s.
  const deviation = Math.sqrt((sources.length + 1) / HIDDEN_SIZE);
  const gain = (FOLD_GAIN * deviation) / Math.sqrt(sources.length);
  fold(weights, 0, random, {
    rows: features.map((feature) => feature.map((x) => x * gain)),
    sources,
    shutAt: [PART.start, PART.end],
    scale: HASH_SCALE[0],
  });
}

/** Blocks 1 and 2: hash = fold of hash, at end marks only. */
function foldHash(weights: Weights, block: number, random: Random): void {
  const rotation = orthogonal(HASH_SIZE, random);
  // The hash alone fills half of the stream: a layer norm makes it the square root of 2.
  const gain = FOLD_GAIN / Math.sqrt(HIDDEN_SIZE / HASH_SIZE);
  fold(weights, block, random, {
    rows: rotation.map((row) => row.map((x) => x * gain)),
    sources: range(PART.hash, HASH_SIZE),
    shutAt: [PART.start, PART.word],
    scale: HASH_SCALE[block + 1],
  });
}

interface Fold {
  /** The linear features that go through the wave, `[HASH_SIZE, sources]`. */
  readonly rows: readonly Float32Array[];
  readonly sources: readonly number[];
  /** The kinds of token at which nothing is written. */
  readonly shutAt: readonly number[];
  readonly scale: number;
}

/**
 * An MLP that adds `scale * Q (wave(rows x + phase) - 1/2) / deviation` to the hash. The wave has period 2 and
 * goes from 0 at even to 1 at odd numbers: |u| - 2 relu(|u| - 1) + 2 relu(|u| - 2).
 */
function fold(weights: Weights, block: number, random: Random, options: Fold): void {
  const name = `encoder.layers.${block}.mlp`;
  const read = weights.reader(`${name}.fc1`);
  const write = weights.linearAt(`${name}.fc2`);
  const mixing = orthogonal(HASH_SIZE, random);
  const size = options.scale / WAVE_DEVIATION;
  const shut = (unit: number): void => {
    for (const kind of options.shutAt) read(unit, kind, -SHUT * CORNER);
  };
  options.rows.forEach((row, k) => {
    const phase = Math.max(-1, Math.min(1, random.normal() / 2));
    WAVE.forEach(({ sign, offset, height }, piece) => {
      const unit = k * PIECES + piece;
      options.sources.forEach((source, j) => read(unit, source, CORNER * sign * row[j]));
      read.bias(unit, CORNER * (sign * phase - offset));
      shut(unit);
      for (let i = 0; i < HASH_SIZE; i++) {
        write(PART.hash + i, unit, (size * height * mixing[i][k]) / CORNER);
      }
    });
  });
  // A step, 1 where the gate is open and 0 where it is shut, takes the mean of the waves away.
  [6, 5].forEach((threshold, piece) => {
    const unit = HASH_SIZE * PIECES + piece;
    read.bias(unit, threshold);
    shut(unit);
    for (let i = 0; i < HASH_SIZE; i++) {
      const mean = mixing[i].reduce((sum, x) => sum + x, 0) / 2;
      write(PART.hash + i, unit, (piece === 0 ? -1 : 1) * size * mean);
    }
  });
}

const WAVE = [1, -1].flatMap((sign) => [
  { sign, offset: 0, height: 1 },
  { sign, offset: 1, height: -2 },
  { sign, offset: 2, height: 2 },
]);
/** Of a triangle wave between 0 and 1. */
const WAVE_DEVIATION = Math.sqrt(1 / 12);

/** Block 1: at the end marks, the mean of the hashes of all words. */
function gatherHashes(weights: Weights): void {
  const name = 'encoder.layers.1.self_attn';
  const unit = Math.sqrt(HEAD_SIZE);
  const query = weights.reader(`${name}.q_proj`);
  const key = weights.reader(`${name}.k_proj`);
  query.bias(0, -SHUT);
  key(0, PART.start, unit);
  key(0, PART.end, unit);
  lookAway(query, key);
  const value = weights.reader(`${name}.v_proj`);
  const write = weights.linearAt(`${name}.out_proj`);
  for (let i = 0; i < HASH_SIZE; i++) {
    value(i, PART.hash + i, 1);
    write(PART.hash + i, i, HASH_SCALE[1]);
  }
}

/** Lets the words and the start look at the start alone, where there is nothing to see. */
function lookAway(query: Reader, key: Reader): void {
  query(1, PART.word, 4 * SHUT);
  query(1, PART.start, 4 * SHUT);
  key(1, PART.start, Math.sqrt(HEAD_SIZE));
}

/**
 * Block 3: at the end marks, the mean of the meanings of the known words, weighted by salience. Without any
 * the start is looked at, which means nothing.
 */
function gatherMeanings(weights: Weights): void {
  const name = 'encoder.layers.3.self_attn';
  const unit = Math.sqrt(HEAD_SIZE);
  const query = weights.reader(`${name}.q_proj`);
  const key = weights.reader(`${name}.k_proj`);
  query.bias(0, unit);
  key(0, PART.end, -8192);
  key(0, PART.salience, 10 * WORD_DEVIATION);
  key(0, PART.start, 5 * START_DEVIATION);
  lookAway(query, key);
  const value = weights.reader(`${name}.v_proj`);
  const write = weights.linearAt(`${name}.out_proj`);
  range(PART.fidelity, 1 + STYLE_SIZE).forEach((part, i) => {
    value(i, part, WORD_DEVIATION / MEANING_SCALE);
    write(part, i, MEANING_SHARE * HASH_DEVIATION);
  });
}

/** What the last layer norms divide by at end marks: the hash fills half of the stream. */
const HASH_DEVIATION = HASH_SCALE[3] * Math.sqrt(HASH_SIZE / HIDDEN_SIZE);

/** What a layer norm divides by at words (after block 0) and at the start. */
const WORD_DEVIATION = Math.sqrt(
  (IDENTITY_SIZE + PLACE_SIZE + 2 + HASH_SIZE * HASH_SCALE[0] ** 2) / HIDDEN_SIZE,
);
const START_DEVIATION = Math.sqrt((PLACE_SIZE + 1) / HIDDEN_SIZE);

/** Block 3: the start and the words become one constant vector after the last layer norm. */
function drownWords(weights: Weights): void {
  const read = weights.reader('encoder.layers.3.mlp.fc1');
  read(0, PART.start, 100);
  read(0, PART.word, 100);
  weights.linearAt('encoder.layers.3.mlp.fc2')(PART.word, 0, 100);
}

/**
 * Block 3: shrinks the hash along the directions of colours by the fidelity, u -> sign(u) max(0, |u| - t), so that
 * "sepia" stays brown.
 */
function keepColours(weights: Weights, directions: readonly Float32Array[]): void {
  const name = 'encoder.layers.3.mlp';
  const read = weights.reader(`${name}.fc1`);
  const write = weights.linearAt(`${name}.fc2`);
  const threshold = FIDELITY_THRESHOLD / MEANING_SHARE;
  directions.forEach((direction, k) => {
    // u = gelu(u) - gelu(-u) goes, relu(u - t) - relu(-u - t) comes.
    const pieces = [
      { sign: 1, threshold: 0, height: -1 },
      { sign: -1, threshold: 0, height: 1 },
      { sign: 1, threshold, height: 1 },
      { sign: -1, threshold, height: -1 },
    ];
    pieces.forEach((piece, j) => {
      const unit = 1 + 4 * k + j;
      read(unit, PART.fidelity, -CORNER * piece.threshold);
      for (const kind of [PART.start, PART.word]) read(unit, kind, -SHUT * CORNER);
      direction.forEach((x, i) => {
        read(unit, PART.hash + i, CORNER * piece.sign * x);
        write(PART.hash + i, unit, (piece.height * HASH_DEVIATION * x) / CORNER);
      });
    });
  });
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

/** Sets one weight from a source to a unit. */
interface Reader {
  (unit: number, source: number, weight: number): void;
  bias(unit: number, value: number): void;
}

/** The weights under construction. */
class Weights {
  readonly tensors = new Map<string, Tensor<'float32'>>();

  add(name: string, shape: readonly number[]): Float32Array {
    const tensor = zeros('float32', shape);
    this.tensors.set(`text_model.${name}`, tensor);
    return tensor.data;
  }

  layerNorm(name: string): void {
    this.add(`${name}.weight`, [HIDDEN_SIZE]).fill(1);
    this.add(`${name}.bias`, [HIDDEN_SIZE]);
  }

  linear(name: string, outputs: number, inputs: number): void {
    this.add(`${name}.weight`, [outputs, inputs]);
    this.add(`${name}.bias`, [outputs]);
  }

  linearAt(name: string): (output: number, input: number, weight: number) => void {
    const { shape, data } = this.tensors.get(`text_model.${name}.weight`)!;
    return (output, input, weight) => {
      data[output * shape[1] + input] += weight;
    };
  }

  /** Reads differences to the zero part, so that the mean a layer norm takes away comes back. */
  reader(name: string): Reader {
    const set = this.linearAt(name);
    const bias = this.tensors.get(`text_model.${name}.bias`)!.data;
    const read = (unit: number, source: number, weight: number): void => {
      set(unit, source, weight);
      set(unit, PART.zero, -weight);
    };
    return Object.assign(read, {
      bias: (unit: number, value: number): void => {
        bias[unit] += value;
      },
    });
  }
}

import { ModelLockError } from '../../src/base/error.ts';
import { zeros, type Tensor } from '../../src/tensor/tensor.ts';
import { STYLE_SIZE } from './style.ts';
import { HIDDEN_SIZE, PART } from './text-encoder.ts';

type Weight = Tensor<'float32'>;

/** How a style was written into the one token of the text that the embedding learnt from. */
export interface StyleCode {
  /** The token is `scale * style` in its first elements, */
  readonly scale: number;
  /** and this in the others, `[HIDDEN_SIZE]`. */
  readonly pattern: Float32Array;
}

/** The part of a U-Net's parameters that is meant here: diffusers' `TextTimeEmbedding`. */
const PREFIX = 'add_embedding.';

/** Score of the start, the words and the class token: they get no attention. */
const SILENT = 10;

/**
 * Rewrites a U-Net's text embedding that was trained on style codes so that it does the same for the states
 * of the text encoder. The pooling looks at end marks only, by a key that finds what the others are
 * drowned in; the values compose the learnt ones with the linear map from states to styles.
 *
 * `map` is `[STYLE_SIZE, HIDDEN_SIZE]`. All other parameters stay as they are.
 */
export function readStates(
  parameters: ReadonlyMap<string, Weight>,
  heads: number,
  map: readonly Float32Array[],
  code: StyleCode,
): Map<string, Weight> {
  const get = (name: string): Float32Array => {
    const found = parameters.get(PREFIX + name);
    if (!found) throw new ModelLockError('data', `the U-Net has no ${PREFIX}${name}`);
    return found.data;
  };
  const { scale, offset } = normalised(get('norm1.weight'), get('norm1.bias'), code);
  const [learnt, learntBias] = [get('pool.v_proj.weight'), get('pool.v_proj.bias')];

  // While it learns, the pooling looks at the code and, beside it, at the class token, which is
  // the code plus a position: what the latter adds to the values is the same for all styles.
  const position = get('pool.positional_embedding');
  const shares = classShares(get, offset, heads);

  const value = zeros('float32', [HIDDEN_SIZE, HIDDEN_SIZE]);
  const valueBias = zeros('float32', [HIDDEN_SIZE]);
  for (let out = 0; out < HIDDEN_SIZE; out++) {
    const row = learnt.subarray(out * HIDDEN_SIZE, (out + 1) * HIDDEN_SIZE);
    const share = shares[Math.floor((out * heads) / HIDDEN_SIZE)];
    const fixed = (w: number, i: number): number => w * (offset[i] + share * position[i]);
    valueBias.data[out] = learntBias[out] + row.reduce((sum, w, i) => sum + fixed(w, i), 0);
    for (let k = 0; k < STYLE_SIZE; k++) {
      const gain = row[k] * scale[k] * code.scale;
      for (let i = 0; i < HIDDEN_SIZE; i++) {
        value.data[out * HIDDEN_SIZE + i] += gain * map[k][i];
      }
    }
  }

  const query = zeros('float32', [HIDDEN_SIZE, HIDDEN_SIZE]);
  const queryBias = zeros('float32', [HIDDEN_SIZE]);
  const key = zeros('float32', [HIDDEN_SIZE, HIDDEN_SIZE]);
  for (let unit = 0; unit < HIDDEN_SIZE; unit += HIDDEN_SIZE / heads) {
    queryBias.data[unit] = SILENT;
    key.data[unit * HIDDEN_SIZE + PART.word] = -1;
    key.data[unit * HIDDEN_SIZE + PART.zero] = 1;
  }
  // The class token, the mean of the others, is one of those that get no attention.
  const classToken = zeros('float32', [1, HIDDEN_SIZE]);
  classToken.data[PART.word] = 2 * SILENT;

  const ones = zeros('float32', [HIDDEN_SIZE]);
  ones.data.fill(1);
  const rewritten: Record<string, Weight> = {
    'norm1.weight': ones,
    'norm1.bias': zeros('float32', [HIDDEN_SIZE]),
    'pool.positional_embedding': classToken,
    'pool.q_proj.weight': query,
    'pool.q_proj.bias': queryBias,
    'pool.k_proj.weight': key,
    'pool.k_proj.bias': zeros('float32', [HIDDEN_SIZE]),
    'pool.v_proj.weight': value,
    'pool.v_proj.bias': valueBias,
  };
  return new Map([
    ...parameters,
    ...Object.entries(rewritten).map(([name, t]): [string, Weight] => [PREFIX + name, t]),
  ]);
}

/**
 * The share of each head's attention that the class token gets, [heads], the code being that of a
 * neutral style.
 */
function classShares(
  get: (name: string) => Float32Array,
  code: Float32Array,
  heads: number,
): Float32Array {
  const position = get('pool.positional_embedding');
  const classToken = code.map((x, i) => x + position[i]);
  const queries = product(get('pool.q_proj.weight'), classToken);
  const queryBias = get('pool.q_proj.bias');
  // Of the keys only their difference matters.
  const keys = product(get('pool.k_proj.weight'), position);
  const width = HIDDEN_SIZE / heads;
  return Float32Array.from({ length: heads }, (_, head) => {
    let score = 0;
    for (let i = head * width; i < (head + 1) * width; i++) {
      score += ((queries[i] + queryBias[i]) * keys[i]) / Math.sqrt(width);
    }
    return 1 / (1 + Math.exp(-score));
  });
}

/** W x, with W [HIDDEN_SIZE, HIDDEN_SIZE]. */
function product(weight: Float32Array, x: Float32Array): Float32Array {
  return Float32Array.from({ length: HIDDEN_SIZE }, (_, row) =>
    x.reduce((sum, value, i) => sum + weight[row * HIDDEN_SIZE + i] * value, 0),
  );
}

/** What a layer norm makes of a code, for a style of average size: `scale * (style part) + offset`. */
function normalised(
  weight: Float32Array,
  bias: Float32Array,
  { scale, pattern }: StyleCode,
): { scale: Float32Array; offset: Float32Array } {
  const fixed = pattern.map((x, i) => (i < STYLE_SIZE ? 0 : x));
  const mean = fixed.reduce((sum, x) => sum + x, 0) / HIDDEN_SIZE;
  const squares = fixed.reduce((sum, x) => sum + x * x, 0) + STYLE_SIZE * scale * scale;
  const deviation = Math.sqrt(squares / HIDDEN_SIZE - mean * mean);
  return {
    scale: weight.map((w) => w / deviation),
    offset: fixed.map((x, i) => (weight[i] * (x - mean)) / deviation + bias[i]),
  };
}

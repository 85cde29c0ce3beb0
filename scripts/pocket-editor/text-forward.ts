import type { Tensor } from '../../src/tensor/tensor.ts';

type Rows = Float64Array[];

/** What the forward pass needs of a `CLIPTextModel`'s configuration. */
export interface ClipTextShape {
  readonly blocks: number;
  readonly heads: number;
}

/**
 * `last_hidden_state` of a CLIP text model with exact GELU, `[ids, hidden]`, computed plainly in double precision:
 * for building and measuring the pocket encoder.
 */
export function encodeText(
  weights: ReadonlyMap<string, Tensor<'float32'>>,
  { blocks, heads }: ClipTextShape,
  ids: readonly number[],
): Float32Array[] {
  const get = (name: string): Tensor<'float32'> => weights.get(`text_model.${name}`)!;
  const linear = (rows: Rows, name: string): Rows =>
    affine(rows, get(`${name}.weight`), get(`${name}.bias`).data);
  const norm = (rows: Rows, name: string): Rows =>
    rows.map((row) => layerNorm(row, get(`${name}.weight`).data, get(`${name}.bias`).data));

  const tokens = get('embeddings.token_embedding.weight');
  const places = get('embeddings.position_embedding.weight').data;
  const hidden = tokens.shape[1];
  let x: Rows = ids.map((id, place) =>
    Float64Array.from(
      { length: hidden },
      (_, i) => tokens.data[id * hidden + i] + places[place * hidden + i],
    ),
  );
  for (let block = 0; block < blocks; block++) {
    const name = `encoder.layers.${block}`;
    const normed = norm(x, `${name}.layer_norm1`);
    const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((p) =>
      linear(normed, `${name}.self_attn.${p}`),
    );
    x = sum(x, linear(causalAttention(q, k, v, heads), `${name}.self_attn.out_proj`));
    const inner = linear(norm(x, `${name}.layer_norm2`), `${name}.mlp.fc1`);
    for (const row of inner) row.forEach((u, i) => (row[i] = gelu(u)));
    x = sum(x, linear(inner, `${name}.mlp.fc2`));
  }
  return norm(x, 'final_layer_norm').map((row) => Float32Array.from(row));
}

function affine(rows: Rows, { shape, data }: Tensor<'float32'>, bias: Float32Array): Rows {
  const [outputs, inputs] = shape;
  return rows.map((row) => {
    const out = Float64Array.from(bias);
    for (let o = 0; o < outputs; o++) {
      const at = o * inputs;
      let total = 0;
      for (let i = 0; i < inputs; i++) total += data[at + i] * row[i];
      out[o] += total;
    }
    return out;
  });
}

function sum(a: Rows, b: Rows): Rows {
  return a.map((row, r) => row.map((x, i) => x + b[r][i]));
}

function layerNorm(row: Float64Array, weight: Float32Array, bias: Float32Array): Float64Array {
  const mean = row.reduce((total, x) => total + x, 0) / row.length;
  const variance = row.reduce((total, x) => total + (x - mean) ** 2, 0) / row.length;
  const scale = 1 / Math.sqrt(variance + 1e-5);
  return row.map((x, i) => (x - mean) * scale * weight[i] + bias[i]);
}

function causalAttention(q: Rows, k: Rows, v: Rows, heads: number): Rows {
  const hidden = q[0].length;
  const size = hidden / heads;
  return q.map((query, i) => {
    const out = new Float64Array(hidden);
    for (let from = 0; from < hidden; from += size) {
      const scores = Array.from({ length: i + 1 }, (_, j) => {
        let score = 0;
        for (let d = from; d < from + size; d++) score += query[d] * k[j][d];
        return score / Math.sqrt(size);
      });
      const most = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - most));
      const total = powers.reduce((a, b) => a + b, 0);
      powers.forEach((power, j) => {
        for (let d = from; d < from + size; d++) out[d] += (power / total) * v[j][d];
      });
    }
    return out;
  });
}

function gelu(x: number): number {
  if (x < -8) return 0;
  return (x / 2) * (1 + erf(x / Math.SQRT2));
}

/** The error function, to 1.2e-7 (Numerical Recipes' Chebyshev fit of erfc). */
function erf(x: number): number {
  const t = 1 / (1 + Math.abs(x) / 2);
  const coefficients = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418,
    0.37409196, 1.00002368, -1.26551223,
  ];
  const polynomial = coefficients.reduce((total, c) => total * t + c, 0);
  const complement = t * Math.exp(-x * x + polynomial);
  return x < 0 ? complement - 1 : 1 - complement;
}

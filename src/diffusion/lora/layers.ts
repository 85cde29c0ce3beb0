import { Renaming } from '../single-file/renaming.ts';
import { layoutOfDiffusers, unetNames } from '../single-file/unet-names.ts';

const weight = '.weight';

/** Attention of text encoders in diffusers' files of early 2023, by today's names. */
const textAttention: readonly (readonly [RegExp, string])[] = [
  [/(self_attn[._])to_([qkv])$/, '$1$2_proj'],
  [/(self_attn[._])to_out$/, '$1out_proj'],
];

/** Files of that time also name the object that computes attention, and not that to_out is the first of two. */
const unetAttention: readonly (readonly [RegExp, string])[] = [
  [/[._]processor([._])/, '$1'],
  [/(attn[12][._]to_out)$/, '$1.0'],
];

/** The name of a layer as all formats agree in it: kohya's have no dots. */
function flat(layer: string): string {
  return [...textAttention, ...unetAttention]
    .reduce((name, [pattern, now]) => name.replace(pattern, now), layer)
    .replaceAll('.', '_')
    .replace(/^text_model_/, '');
}

/**
 * Finds the parameter that a layer of a LoRA file changes, by any of the names that layers have in
 * such files: those of diffusers and transformers, with dots or underscores, and for U-Nets those of
 * the original layout too.
 */
export class LoraLayers {
  readonly #parameters = new Map<string, string>();

  /** @param parameters names of a component, as diffusers has them. */
  constructor(parameters: Iterable<string>) {
    const weights = [...parameters].filter((name) => name.endsWith(weight));
    const known = new Set(weights);
    const layout = layoutOfDiffusers((layer) => known.has(layer + weight));
    const original = new Renaming(unetNames(layout)).inverse();
    for (const name of weights) {
      const layer = name.slice(0, -weight.length);
      this.#parameters.set(flat(layer), name);
      const before = original.rename(layer);
      if (before !== undefined) this.#parameters.set(flat(before), name);
    }
  }

  /** The parameter's name; `undefined` for a layer that the component has not. */
  parameterOf(layer: string): string | undefined {
    return this.#parameters.get(flat(layer));
  }
}

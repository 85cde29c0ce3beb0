import { tensor, zeros, type Tensor } from '../tensor/tensor.ts';
import type { Components } from './components.ts';
import type { TextStates } from './text-states.ts';

type Encoders = Pick<Components, 'textEncoders' | 'emptyPrompt'>;

/** One prompt, as all text encoders together see it. */
export async function embedPrompt(
  { textEncoders }: Pick<Encoders, 'textEncoders'>,
  prompt: string,
): Promise<TextStates> {
  const seen: Readonly<Record<string, Tensor<'float32'>>>[] = [];
  for (const { tokenizer, model } of textEncoders) {
    const { ids } = tokenizer.encode(prompt);
    seen.push((await model.run([], { ids })) as Record<string, Tensor<'float32'>>);
  }
  const { pooled } = seen.at(-1)!;
  return { states: joinFeatures(seen.map(({ states }) => states)), ...(pooled ? { pooled } : {}) };
}

/** What guidance leads away from where nobody says what: the empty prompt, or zeros in its place. */
export async function embedNothing(components: Encoders): Promise<TextStates> {
  const text = await embedPrompt(components, '');
  if (components.emptyPrompt === 'encoded') return text;
  const { states, pooled } = text;
  return {
    states: zeros('float32', states.shape),
    ...(pooled ? { pooled: zeros('float32', pooled.shape) } : {}),
  };
}

/** Gives back what large text encoders hold, until another prompt is to be encoded. */
export async function releaseTextEncoders({
  textEncoders,
}: Pick<Encoders, 'textEncoders'>): Promise<void> {
  for (const { model, isLarge } of textEncoders) if (isLarge) await model.dispose();
}

/** [1, T, D1] and [1, T, D2] to [1, T, D1 + D2]. */
function joinFeatures(parts: readonly Tensor<'float32'>[]): Tensor<'float32'> {
  if (parts.length === 1) return parts[0];
  const [, length] = parts[0].shape;
  const width = parts.reduce((sum, { shape }) => sum + shape[2], 0);
  const data = new Float32Array(length * width);
  let first = 0;
  for (const {
    shape: [, , own],
    data: from,
  } of parts) {
    for (let t = 0; t < length; t++) {
      data.set(from.subarray(t * own, (t + 1) * own), t * width + first);
    }
    first += own;
  }
  return tensor('float32', [1, length, width], data);
}

import type { Tensor } from '../tensor/tensor.ts';
import type { Components } from './components.ts';

/** States of a prompt, [1, T, D]. */
export async function embedPrompt(
  { tokenizer, textEncoder }: Pick<Components, 'tokenizer' | 'textEncoder'>,
  prompt: string,
): Promise<Tensor<'float32'>> {
  const { ids } = tokenizer.encode(prompt);
  const { text } = await textEncoder.run([], { ids });
  return text as Tensor<'float32'>;
}

import { expect, test } from 'vitest';
import { counterRandom } from '../../src/base/random/counter.ts';
import { graphOf } from '../../src/graph/graph.ts';
import { input } from '../../src/graph/value.ts';
import { textTimeEmbedding } from '../../src/nn/models/diffusion/time.ts';
import { initialise, Scope } from '../../src/nn/scope.ts';
import { Session } from '../../src/runtime/session.ts';
import { float32, type Tensor } from '../../src/tensor/tensor.ts';
import { buildText } from './pocket-text.ts';
import { STYLE_SIZE } from './style.ts';
import { HIDDEN_SIZE } from './text-encoder.ts';
import { readStates } from './text-reader.ts';
import { SEQUENCE_LENGTH } from './tokenizer.ts';

const HEADS = 4;
const WIDTH = 64;
const code = {
  scale: 0.5,
  pattern: Float32Array.from({ length: HIDDEN_SIZE }, (_, i) => (i % 2 === 0 ? 1 : -1)),
};

async function embedding(
  length: number,
  parameters?: ReadonlyMap<string, Tensor<'float32'>>,
): Promise<{
  parameters: ReadonlyMap<string, Tensor<'float32'>>;
  run(text: Float32Array): Promise<number[]>;
}> {
  const scope = Scope.root();
  const text = input('text', 'float32', [1, length, HIDDEN_SIZE]);
  const out = textTimeEmbedding(scope.within('add_embedding'), text, WIDTH, HEADS);
  const weights = parameters ?? initialise(scope.declared, counterRandom(5));
  const session = await Session.create(graphOf({ out }), { parameters: weights, threads: 1 });
  return {
    parameters: weights,
    run: async (states) => {
      const result = await session.run({ text: float32([1, length, HIDDEN_SIZE], states) });
      return Array.from(result['out'].data as Float32Array);
    },
  };
}

test('an embedding of style codes, rewritten, reads the same style from the states of a prompt', async () => {
  const text = await buildText();
  const ofCodes = await embedding(1);
  const ofStates = await embedding(
    SEQUENCE_LENGTH,
    readStates(ofCodes.parameters, HEADS, text.map, code),
  );
  const codeOf = (prompt: string): Float32Array => {
    const style = text.style(prompt);
    return code.pattern.map((x, i) => (i < STYLE_SIZE ? code.scale * style[i] : x));
  };
  for (const prompt of ['with oil pastel', 'a red house of glass and stone by the sea at night']) {
    const expected = await ofCodes.run(codeOf(prompt));
    const actual = await ofStates.run(text.states(prompt));
    const other = await ofCodes.run(codeOf('charcoal'));
    expect(distance(actual, expected)).toBeLessThan(0.1 * distance(other, expected));
  }
});

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((x, i) => x - b[i]));
}

import { readFileSync } from 'node:fs';
import { ClipTokenizer } from '../../../src/diffusion/tokenizer/clip-tokenizer.ts';
import type { FastTokenizer } from '../../../src/formats/tokenizer/marks.ts';
import { int64 } from '../../../src/tensor/tensor.ts';
import type { GoldenCase } from '../case.ts';

/** Ids and lengths of all strings, from either form of the files. */
export async function check(golden: GoldenCase): Promise<void> {
  const config = golden.json<Record<string, unknown>>('tokenizer_config.json');
  const forms = {
    fast: { tokenizer: golden.json<FastTokenizer>('tokenizer.json'), config },
    slow: {
      vocabulary: golden.json<Record<string, number>>('vocab.json'),
      merges: readFileSync(golden.path('merges.txt'), 'utf8'),
      config,
    },
  };
  const strings = golden.json<string[]>('strings.json');
  for (const files of Object.values(forms)) {
    const tokenizer = new ClipTokenizer(files);
    const encodings = strings.map((text) => tokenizer.encode(text));
    const ids = encodings.flatMap((encoding) => Array.from(encoding.ids.data, Number));
    golden.compare('input_ids', int64([strings.length, tokenizer.maxLength], ids));
    golden.compare(
      'length',
      int64(
        [strings.length],
        encodings.map(({ length }) => length),
      ),
    );
  }
}

/**
 * Writes the pocket editor's tokenizer and text encoder:
 * `npx tsx scripts/pocket-editor/build-text.ts OUT` makes `OUT/tokenizer` and `OUT/text_encoder`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { toFloat16 } from '../../src/tensor/convert.ts';
import { buildText } from './pocket-text.ts';
import { tokenizerFiles } from './tokenizer.ts';
import { textEncoderConfig } from './text-encoder.ts';

const out = process.argv[2];
const { tokenizer, weights } = await buildText();

await mkdir(join(out, 'tokenizer'), { recursive: true });
for (const [name, text] of tokenizerFiles(tokenizer)) {
  await writeFile(join(out, 'tokenizer', name), text);
}
const halves = new Map([...weights].map(([name, weight]) => [name, toFloat16(weight)]));
await mkdir(join(out, 'text_encoder'), { recursive: true });
await writeFile(
  join(out, 'text_encoder', 'config.json'),
  `${JSON.stringify(textEncoderConfig(tokenizer.vocabulary), null, 2)}\n`,
);
await writeFile(
  join(out, 'text_encoder', 'model.safetensors'),
  encodeSafetensors(halves, { format: 'pt' }),
);

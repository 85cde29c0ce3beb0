import { expect, it } from 'vitest';
import { loraOption } from './options.ts';

it('a LoRA is a file, with a weight behind the last equals sign, and comes after those before it', () => {
  const parse = loraOption().parseArg!;
  const first = [{ path: 'a.safetensors', weight: 1 }];
  expect(parse('a.safetensors', undefined)).toEqual(first);
  expect(parse('b=c.safetensors=-0.5', first)).toEqual([
    ...first,
    { path: 'b=c.safetensors', weight: -0.5 },
  ]);
  // Whose name has such a sign needs a weight, or a mistaken one would be a part of the name.
  for (const text of ['a.safetensors=', 'a.safetensors=0,5', 'b=c.safetensors']) {
    expect(() => parse(text, undefined)).toThrow('Valid: FILE, or FILE=WEIGHT with a number.');
  }
});

import { expect, it } from 'vitest';
import { digestOfTag, fileAddress } from './metadata.ts';

it('digestOfTag reads what the hub says of content, weak or strong, quoted or not', () => {
  const git = { kind: 'git', hex: 'a'.repeat(40) };
  const sha256 = { kind: 'sha256', hex: 'b'.repeat(64) };
  for (const { hex, kind } of [git, sha256]) {
    for (const tag of [`"${hex}"`, `W/"${hex}"`, hex]) {
      expect(digestOfTag(tag)).toEqual({ kind, hex });
    }
  }
});

it.each([undefined, '', '""', '"d41d8cd98f00b204e9800998ecf8427e-2"', `"../${'a'.repeat(37)}"`])(
  'digestOfTag knows nothing by %j',
  (tag) => {
    expect(digestOfTag(tag)).toBeUndefined();
  },
);

it('fileAddress keeps folders, and nothing else that means something in an address', () => {
  const about = { repository: 'a/b', revision: 'c'.repeat(40) };
  expect(fileAddress(about, 'unet/a ?#%+.bin', 'https://hub')).toBe(
    `https://hub/a/b/resolve/${about.revision}/unet/a%20%3F%23%25%2B.bin`,
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseListing, requireInside } from './listing.ts';

const sha = 'a'.repeat(40);
const reference = { repository: 'a/b', revision: 'main' };
const read = (value: unknown, about = reference): ReturnType<typeof parseListing> =>
  parseListing(typeof value === 'string' ? value : JSON.stringify(value), about, 'https://hub');

describe('parseListing', () => {
  it('knows content by its SHA-256, or by the id of git', () => {
    const siblings = [
      { rfilename: 'config.json', size: 12, blobId: 'b'.repeat(40) },
      {
        rfilename: 'unet/model.safetensors',
        size: 34,
        blobId: 'c'.repeat(40),
        lfs: { sha256: 'd'.repeat(64), size: 34, pointerSize: 134 },
      },
      { rfilename: 'of-a-mirror.json' },
    ];
    expect(read({ id: 'a/b', sha, private: false, siblings })).toEqual({
      commit: sha,
      files: [
        { path: 'config.json', size: 12, digest: { kind: 'git', hex: 'b'.repeat(40) } },
        {
          path: 'unet/model.safetensors',
          size: 34,
          digest: { kind: 'sha256', hex: 'd'.repeat(64) },
        },
        { path: 'of-a-mirror.json', size: 0, digest: undefined },
      ],
    });
  });

  it.each<[string, unknown, string]>([
    ['a page', '<html><title>Log in</title>', 'its answer is not JSON'],
    ['nothing', '', 'its answer is not JSON'],
    ['another document', [], 'the answer: '],
    ['no commit', { siblings: [] }, 'sha: '],
    ['a commit that is a path', { sha: '../../x', siblings: [] }, 'sha: not 40 hexadecimal digits'],
    [
      'a hash that is a path',
      { sha, siblings: [{ rfilename: 'a', size: 1, blobId: '../../../../.bashrc' }] },
      'siblings.0.blobId: not 40 hexadecimal digits',
    ],
    ['a negative size', { sha, siblings: [{ rfilename: 'a', size: -1 }] }, 'siblings.0.size: '],
    [
      'a size beyond all',
      { sha, siblings: [{ rfilename: 'a', size: 1e300 }] },
      'siblings.0.size: ',
    ],
  ])('refuses %s', (_name, value, message) => {
    expect(() => read(value)).toThrow(
      `https://hub does not answer like a hub when it is asked for hf:a/b: ${message}`,
    );
  });

  it('refuses another commit than it was asked for', () => {
    const pinned = { ...reference, revision: 'b'.repeat(40) };
    expect(() => read({ sha, siblings: [] }, pinned)).toThrow('answers with another commit');
  });

  it.each(['../x', '/etc/passwd', '', 'a//b', 'a/./b', 'a/../b', 'a\\b', 'C:/x', 'a\u0000b', 'a/'])(
    'refuses a file of the name %j',
    (rfilename) => {
      expect(() => read({ sha, siblings: [{ rfilename: 'ok' }, { rfilename }] })).toThrow(
        `hf:a/b lists a file of the name ${JSON.stringify(rfilename)}`,
      );
    },
  );
});

it('requireInside lets nothing out, whatever the name', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[./a\\:]{1,12}$/), (name) => {
      try {
        requireInside(name, 'x');
      } catch {
        return;
      }
      expect(new URL(name, 'http://host/in/').pathname).toBe(`/in/${name}`);
    }),
  );
});

import { describe, expect, it } from 'vitest';
import { hubReferenceText, isCommit, parseHubReference } from './reference.ts';

describe('parseHubReference', () => {
  it('tells repository and revision apart', () => {
    expect(parseHubReference('openai/clip-vit@refs/pr/3')).toEqual({
      repository: 'openai/clip-vit',
      revision: 'refs/pr/3',
    });
    expect(parseHubReference('gpt2')).toEqual({ repository: 'gpt2', revision: 'main' });
    expect(parseHubReference('stable-diffusion-v1-5/stable-diffusion_v1.5')).toMatchObject({
      repository: 'stable-diffusion-v1-5/stable-diffusion_v1.5',
    });
  });

  it.each(
    ['', 'a/b/c', '/a', 'a/', 'a/b@', 'a b', 'a/b@x y', '../..//a', '../..', '.', 'a/..', 'a/.b'] //
      .concat(['a--b/c', 'a/b..c', '-a/b', 'a/b?x=1', 'a/b#c', 'a%2fb', 'a\\b']),
  )('refuses "%s"', (text) => {
    expect(() => parseHubReference(text)).toThrow(
      `"${text}" is no reference to the hub (valid: owner/name, owner/name@revision)`,
    );
  });
});

it('hubReferenceText says it as users do', () => {
  for (const text of ['a/b', 'a/b@v1', `a@${'0'.repeat(40)}`]) {
    expect(hubReferenceText(parseHubReference(text))).toBe(`hf:${text}`);
  }
});

it('isCommit knows whole commits only', () => {
  expect(isCommit('a'.repeat(40))).toBe(true);
  for (const other of ['main', 'abc123', 'a'.repeat(39), 'a'.repeat(41), 'A'.repeat(40)]) {
    expect(isCommit(other)).toBe(false);
  }
});

import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflate, inflateRawNow, inflateStart } from './inflate.ts';

const zeros = new Uint8Array(1_000_000);
const text = new TextEncoder().encode('modellock '.repeat(500));

describe('inflate', () => {
  it('undoes each wrapping', async () => {
    expect(await inflate(deflateSync(text), 'zlib', text.length, 'x')).toEqual(text);
    expect(await inflate(gzipSync(text), 'gzip', text.length, 'x')).toEqual(text);
    expect(await inflate(deflateRawSync(text), 'raw', text.length, 'x')).toEqual(text);
    expect(inflateRawNow(deflateRawSync(text), text.length, 'x')).toEqual(text);
  });

  it('stops at the limit, and at what is broken, naming the file', async () => {
    const bomb = gzipSync(zeros);
    await expect(inflate(bomb, 'gzip', 1000, 'x.gz')).rejects.toThrow(
      'x.gz cannot be inflated: more than 1000 bytes come of it',
    );
    expect(() => inflateRawNow(deflateRawSync(zeros), 1000, 'x')).toThrow('more than 1000 bytes');
    await expect(inflate(bomb.subarray(0, 30), 'gzip', 1e6, 'x.gz')).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('x.gz cannot be inflated'),
    });
  });

  it('gives what the start of a stream holds', async () => {
    const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31) % 251);
    const start = await inflateStart(gzipSync(noise).subarray(0, 400), 'gzip', 5000, 'x');
    expect(start.length).toBeGreaterThan(100);
    expect(start).toEqual(noise.subarray(0, start.length));
  });
});

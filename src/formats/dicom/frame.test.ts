import { describe, expect, it } from 'vitest';
import { frameSamples } from './frame.ts';
import type { DicomFile } from './header.ts';

describe('words of two bytes, the larger first', () => {
  const layout = {
    sampleBytes: 1,
    channels: 3,
    width: 3,
    height: 1,
    frames: 3,
    planar: false,
    photometric: 'RGB',
  };
  const file = (vr: string): DicomFile =>
    ({
      layout: { ...layout, syntax: { name: 'uncompressed', bigEndian: true } },
      pixels: { dataOffset: 4, vr },
      dataSet: { byteArray: Uint8Array.from({ length: 32 }, (_, i) => i - 4) },
    }) as unknown as DicomFile;

  it('hold two samples of eight bits, and frames begin in the middle of one', async () => {
    const frames = [0, 1, 2].map(async (frame) => [
      ...(await frameSamples(file('OW'), frame, 'x')).bytes,
    ]);
    expect((await Promise.all(frames)).flat()).toEqual(Array.from({ length: 27 }, (_, i) => i ^ 1));
  });

  it('are none where the file has bytes', async () => {
    expect([...(await frameSamples(file('OB'), 1, 'x')).bytes]).toEqual([
      9, 10, 11, 12, 13, 14, 15, 16, 17,
    ]);
  });
});

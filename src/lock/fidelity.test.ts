import { expect, it } from 'vitest';
import type { RgbImage } from '../tensor/image.ts';
import { fidelityTo } from './fidelity.ts';

const grey = (level: number): RgbImage => ({
  width: 1,
  height: 1,
  data: new Uint8Array(3).fill(level),
});

it('is the mean over pictures that differ, and null where none does, also in JSON', () => {
  const wanted = [grey(100), grey(100), grey(100)];
  const ofOneLevel = 10 * Math.log10(255 ** 2);
  expect(fidelityTo(wanted, [grey(100), grey(101), grey(110)])).toEqual({
    psnr: expect.closeTo(ofOneLevel - 10, 6),
    images: 3,
  });
  const same = fidelityTo(wanted, wanted);
  expect(same).toEqual({ psnr: null, images: 3 });
  expect(JSON.parse(JSON.stringify(same))).toEqual(same);
});

import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import { decodePlain } from './plain-formats.ts';

const ascii = (text: string): number[] => Array.from(new TextEncoder().encode(text));
const netpbm = (header: string, ...pixels: number[]): Uint8Array =>
  Uint8Array.from([...ascii(header), ...pixels]);

/** A BMP of 24 or 32 bits; a negative height means rows from the top. */
function bmp(width: number, height: number, bits: number, pixels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(54 + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set(ascii('BM'));
  view.setUint32(10, 54, true);
  view.setInt32(18, width, true);
  view.setInt32(22, height, true);
  view.setUint16(28, bits, true);
  bytes.set(pixels, 54);
  return bytes;
}

/** Red above blue, as rows of BGR padded to four bytes. */
const [red, blue] = [
  [0, 0, 255, 0],
  [255, 0, 0, 0],
];
const redAboveBlue = { width: 1, height: 2, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };

describe('decodePlain', () => {
  it.each<[string, Uint8Array]>([
    ['a BMP from the bottom up', bmp(1, 2, 24, [...blue, ...red])],
    ['a BMP from the top down', bmp(1, -2, 24, [...red, ...blue])],
    ['a BMP of 32 bits', bmp(1, 2, 32, [...blue, ...red])],
    ['a PPM', netpbm('P6 1 2 255\n', 255, 0, 0, 0, 0, 255)],
    ['a PPM with comments', netpbm('P6\n# by hand\n1 2\n# values\n255\n', 255, 0, 0, 0, 0, 255)],
  ])('reads %s', (_, bytes) => {
    expect(decodePlain(bytes)).toEqual(redAboveBlue);
  });

  it('reads a PGM as grey, whose first pixel may look like a space', () => {
    expect(decodePlain(netpbm('P5 2 1 255\n', 32, 200))).toEqual({
      width: 2,
      height: 1,
      data: Uint8Array.of(32, 32, 32, 200, 200, 200),
    });
  });

  it('leaves other formats to others', () => {
    expect(decodePlain(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).toBeUndefined();
    expect(decodePlain(new Uint8Array(0))).toBeUndefined();
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a BMP without its header', netpbm('BM'), /truncated/],
    ['a BMP cut off', bmp(1, 2, 24, [...red, 0]), /truncated/],
    ['a BMP with a palette', bmp(1, 2, 8, [...red, ...blue]), /BMP of 8 bits/],
    ['a BMP without width', bmp(0, 2, 24, []), /0x2 pixels/],
    ['a BMP that is too large', bmp(60000, 60000, 24, []), /60000x60000 pixels are more than/],
    ['a PPM cut off', netpbm('P6 1 2 255\n', 255, 0, 0), /truncated/],
    ['a PPM of 16 bits', netpbm('P6 1 1 65535\n', 0, 0, 0, 0, 0, 0), /up to 65535/],
    ['a PPM without numbers', netpbm('P6 wide high 255\n'), /no valid PPM header/],
  ])('refuses %s', (_, bytes, message) => {
    const decode = (): unknown => decodePlain(bytes);
    expect(decode).toThrow(ModelLockError);
    expect(decode).toThrow(message);
  });
});

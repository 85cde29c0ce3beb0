import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelLockError } from '../base/error.ts';
import { arrayOf, bytesPerElement, dtypes } from '../tensor/dtype.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { decodeHeader, decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const anyTensor: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const length = sizeOf(shape) * bytesPerElement(dtype);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({
      dtype,
      shape,
      data: new arrayOf[dtype](bytes.slice().buffer, 0, sizeOf(shape)),
    }));
  });

const anyTensors = fc
  .dictionary(fc.string({ unit: 'grapheme' }), anyTensor, { maxKeys: 5 })
  .map((tensors) => new Map(Object.entries(tensors)));

/** A file with this header, written as it stands, and `dataBytes` bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === 'string' ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: unknown, ...offsets: unknown[]): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: offsets,
});

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

describe('encodeSafetensors and decodeSafetensors', () => {
  it('bring back every dtype, shape and bit, wherever the file lies in its buffer', () => {
    fc.assert(
      fc.property(anyTensors, fc.nat(7), (tensors, shift) => {
        const file = encodeSafetensors(tensors, { format: 'pt' });
        const moved = new Uint8Array(file.length + shift).subarray(shift);
        moved.set(file);
        const read = decodeSafetensors(moved, 'a.safetensors');
        expect(read.metadata).toEqual({ format: 'pt' });
        expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
        for (const [name, { dtype, shape, data }] of tensors) {
          const back = read.tensors.get(name)!;
          expect([back.dtype, back.shape]).toEqual([dtype, shape]);
          expect(bytesOf(back)).toEqual(bytesOf({ dtype, shape, data }));
        }
      }),
    );
  });

  it.each(['__proto__', 'constructor', '', '7', 'ü.weight'])('take "%s" for a name', (name) => {
    const tensors = new Map([
      [name, { dtype: 'int8', shape: [1], data: Int8Array.of(7) } as const],
    ]);
    expect(decodeSafetensors(encodeSafetensors(tensors), 'x').tensors).toEqual(tensors);
  });

  it('write the same bytes in whatever order the tensors came', () => {
    fc.assert(
      fc.property(anyTensors, (tensors) => {
        const reversed = new Map([...tensors].reverse());
        expect(encodeSafetensors(reversed)).toEqual(encodeSafetensors(tensors));
      }),
    );
  });

  it('lay a file out as the official library does', () => {
    // What safetensors 0.8.0 wrote for these tensors.
    const header =
      '{"__metadata__":{"format":"pt"},' +
      '"int64":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
      '"float64":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},' +
      '"a":{"dtype":"F32","shape":[1,2],"data_offsets":[16,24]},' +
      '"float32":{"dtype":"F32","shape":[1],"data_offsets":[24,28]},' +
      '"z":{"dtype":"F32","shape":[0],"data_offsets":[28,28]},' +
      '"int32":{"dtype":"I32","shape":[1],"data_offsets":[28,32]},' +
      '"bfloat16":{"dtype":"BF16","shape":[1],"data_offsets":[32,34]},' +
      '"float16":{"dtype":"F16","shape":[1],"data_offsets":[34,36]},' +
      '"uint16":{"dtype":"U16","shape":[1],"data_offsets":[36,38]},' +
      '"int16":{"dtype":"I16","shape":[1],"data_offsets":[38,40]},' +
      '"int8":{"dtype":"I8","shape":[1],"data_offsets":[40,41]},' +
      '"uint8":{"dtype":"U8","shape":[1],"data_offsets":[41,42]},' +
      '"bool":{"dtype":"BOOL","shape":[1],"data_offsets":[42,43]}}  ';
    const ones = new Map<string, Tensor>(
      dtypes.map((dtype) => [dtype, { dtype, shape: [1], data: new arrayOf[dtype](1) }]),
    );
    ones.set('z', { dtype: 'float32', shape: [0], data: new Float32Array(0) });
    ones.set('a', { dtype: 'float32', shape: [1, 2], data: new Float32Array(2) });
    expect(encodeSafetensors(ones, { format: 'pt' })).toEqual(fileOf(header, 43));
  });
});

describe('decodeSafetensors', () => {
  const claim = new Uint8Array(64);
  new DataView(claim.buffer).setBigUint64(0, 2n ** 60n, true);
  const huge = 2 ** 50;

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /shorter than its header/],
    ['a header of 2^60 bytes', claim, /header claims 1152921504606846976 bytes/],
    ['a header that is no JSON', fileOf('{"w": ', 0), /not JSON/],
    ['a header that is no UTF-8', fileOf('{}', 0).fill(0xff, 8), /not JSON/],
    ['a header that is a list', fileOf([], 0), /no JSON object/],
    ['a null entry', fileOf({ w: null }, 0), /tensor "w" has dtype undefined/],
    [
      'an unknown dtype',
      fileOf({ w: { dtype: 'F7', shape: [], data_offsets: [0, 4] } }, 4),
      /"w".*F7/,
    ],
    ['a negative size', fileOf({ w: f32([-1], 0, 4) }, 4), /"w" has no valid shape/],
    ['a fractional size', fileOf({ w: f32([0.5], 0, 2) }, 2), /"w" has no valid shape/],
    [
      'offsets of 2^60',
      fileOf({ w: f32([2 ** 58], 0, 2 ** 60) }, 4),
      /"w" has no valid (shape|offsets)/,
    ],
    ['one offset', fileOf({ w: f32([1], 4) }, 4), /"w" has no valid offsets/],
    ['a tensor beyond the file', fileOf({ w: f32([huge / 4], 0, huge) }, 4), /header speaks of/],
    [
      'bytes that are not the shape’s',
      fileOf({ w: f32([2], 0, 4) }, 4),
      /"w" of shape \[2\] has 4 bytes/,
    ],
    ['an overlap', fileOf({ v: f32([2], 0, 8), w: f32([2], 4, 12) }, 12), /"w" begins at byte/],
    ['a gap', fileOf({ v: f32([1], 0, 4), w: f32([1], 8, 12) }, 12), /"w" begins at byte/],
    ['bytes that are no tensor’s', fileOf({ w: f32([1], 0, 4) }, 5), /header speaks of/],
    ['metadata that is no text', fileOf({ __metadata__: { a: 1 } }, 0), /metadata/],
  ])('refuses %s and names the file', (_, bytes, message) => {
    const decode = (): unknown => decodeSafetensors(bytes, 'hostile.safetensors');
    expect(decode).toThrow(ModelLockError);
    expect(decode).toThrow(message);
    expect(decode).toThrow(/^hostile\.safetensors /);
  });

  it('refuses a dtype that there are no tensors of, by name', () => {
    const file = fileOf({ scale: { dtype: 'F8_E4M3', shape: [3], data_offsets: [0, 3] } }, 3);
    expect(() => decodeSafetensors(file, 'a.safetensors')).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: 'a.safetensors: tensor "scale" has the unsupported dtype F8_E4M3',
      }) as Error,
    );
  });

  it('refuses a file cut off anywhere', () => {
    const file = encodeSafetensors(
      new Map([['w', { dtype: 'int16', shape: [5], data: new Int16Array(5) }]]),
    );
    for (let length = 0; length < file.length; length++) {
      expect(() => decodeSafetensors(file.subarray(0, length), 'cut')).toThrow(ModelLockError);
    }
  });
});

it('decodeHeader tells where tensors lie from the beginning of a file alone', () => {
  const file = fileOf({ w: f32([2, 3], 0, 24) }, 24);
  const { entries } = decodeHeader(file.subarray(0, file.length - 24), file.length, 'head');
  const start = file.length - 24;
  expect([...entries]).toEqual([
    ['w', { dtype: 'float32', shape: [2, 3], start, end: file.length }],
  ]);
});

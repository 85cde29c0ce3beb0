import { expect, test } from 'vitest';
import { toFloat16, toFloat32 } from './convert.ts';
import { dtypes } from './dtype.ts';
import { float32, int64, scalarTensor, sizeOf, tensor, toNumbers, zeros } from './tensor.ts';

test('a tensor has as many elements as its shape says', () => {
  expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0])]).toEqual([1, 6, 0]);
  expect(scalarTensor(2)).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(2) });
  expect(() => float32([2, 2], [1, 2, 3])).toThrow('3 float32 elements do not fill shape [2, 2]');
});

test('a tensor is a view of what it is given', () => {
  const data = Float32Array.of(1, 2);
  expect(tensor('float32', [2], data).data).toBe(data);
});

test.each(dtypes)('%s has zeros, as numbers too', (dtype) => {
  expect(toNumbers(zeros(dtype, [2, 2]))).toEqual([0, 0, 0, 0]);
  expect(toFloat32(zeros(dtype, [3]))).toEqual(float32([3], [0, 0, 0]));
});

test('toFloat32 reads every dtype', () => {
  const x = float32([2], [1, -2]);
  expect(toFloat32(x)).toBe(x);
  expect(toFloat32(int64([2], [1, -2]))).toEqual(x);
  expect(toFloat32(tensor('float16', [2], Uint16Array.of(0x3c00, 0xc000)))).toEqual(x);
  expect(toFloat32(tensor('bfloat16', [2], Uint16Array.of(0x3f80, 0xc000)))).toEqual(x);
  expect(toFloat32(tensor('int8', [2], Int8Array.of(1, -2)))).toEqual(x);
  expect(toFloat32(tensor('bool', [2], Uint8Array.of(1, 0)))).toEqual(float32([2], [1, 0]));
});

test('toFloat16 keeps infinities and refuses what becomes one', () => {
  expect(toNumbers(toFloat32(toFloat16(float32([2], [0.5, Infinity]))))).toEqual([0.5, Infinity]);
  expect(() => toFloat16(float32([2], [1, 70000]))).toThrow('70000 does not fit into float16');
});

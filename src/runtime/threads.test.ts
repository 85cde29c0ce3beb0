import { expect, test } from 'vitest';
import { defaultThreads } from './threads.ts';

test('ONNX Runtime chooses where the process may use the whole machine', () => {
  expect(defaultThreads(8, 8)).toBe(0);
});

test('no more threads than processors that the process may use', () => {
  expect(defaultThreads(2, 16)).toBe(2);
});

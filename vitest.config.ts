import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    testTimeout: 120_000,
    // ONNX Runtime takes all cores for itself; more workers than two only wait for each other.
    maxWorkers: 2,
  },
});

import { defineConfig } from 'vitest/config';
import { TotalsReporter } from './tests/support/totals-reporter.ts';

export default defineConfig({
  test: {
    include: ['{src,tests,scripts,bench}/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', new TotalsReporter()],
    // ONNX Runtime takes all cores for itself; more workers than two only wait for each other.
    maxWorkers: 2,
  },
});

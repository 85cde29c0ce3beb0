import { configDefaults, defineConfig } from 'vitest/config';
import { TotalsReporter } from './tests/support/totals-reporter.ts';

const endToEnd = 'tests/e2e/**/*.test.ts';

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', new TotalsReporter()],
    // ONNX Runtime takes all cores for itself; more workers than two only wait for each other.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,tests,scripts,bench}/**/*.test.ts'],
          exclude: [...configDefaults.exclude, endToEnd],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [endToEnd],
          globalSetup: 'tests/support/build.ts',
          // Each runs several processes, which a busy machine may make wait.
          testTimeout: 400_000,
          hookTimeout: 400_000,
        },
      },
    ],
  },
});

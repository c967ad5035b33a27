import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import everyTest from '../../vitest.config.ts';

/** Beside `npm test`, which takes a sample: every fault at every point, about an hour. */
export default defineConfig({
  test: {
    ...everyTest.test,
    globalSetup: [
      join(import.meta.dirname, '../support/cluster/shared.ts'),
      join(import.meta.dirname, 'tally-report.ts'),
    ],
    include: ['test/crash/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

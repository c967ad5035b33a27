import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import everyTest from '../../vitest.config.ts';

/** Beside `npm test`: what takes the programs of others, which take minutes to build. */
export default defineConfig({
  test: {
    ...everyTest.test,
    globalSetup: [join(import.meta.dirname, '../support/cluster/shared.ts')],
    include: ['test/interop/*.interop.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process a test file: tests change directories, start servers and are killed on purpose.
    pool: 'forks',
    // One folder for all temporary files, searched for plaintext at the end; and a cluster, once a test file asks for it.
    globalSetup: ['test/support/leftovers.ts', 'test/support/cluster/shared.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A person's git, npm and ssh configuration must not decide whether a test passes.
    env: {
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      TZ: 'UTC',
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      // Hooks, guides and crashes start our programs some thousand times: from the sources, in half the time.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/edgeseal-tests'),
    },
    // `.ci/run` reads the totals from a file, so that nobody has to parse what is meant for people.
    ...(process.env['EDGESEAL_TEST_JSON'] === undefined
      ? {}
      : {
          reporters: ['default', 'json'],
          outputFile: { json: process.env['EDGESEAL_TEST_JSON'] },
        }),
  },
});

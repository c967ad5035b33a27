import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/attacks/*.run.ts'], testTimeout: 200_000, fileParallelism: false },
});

import { defineConfig } from 'vitest/config';

/** Tests run in processes of their own (forks): TensorFlow and SQLite are native and are loaded once per process. */
const shared = { setupFiles: ['test/setup.ts'], pool: 'forks' as const, maxWorkers: 2, env: { TF_CPP_MIN_LOG_LEVEL: '2' } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          testTimeout: 60_000,
          // Starting the engine takes longer than the usual ten seconds on a busy machine.
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});

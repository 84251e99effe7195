import { defineConfig } from 'vitest/config';

// unit: pure logic, many at once. integration: real FFmpeg, sockets and peers, one file at a time on a small machine.
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['test/support/globalSetup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // Shows run in real time; on a shared machine one second of starvation is not a fault of the code.
          retry: process.env['CI'] === undefined ? 0 : 1,
        },
      },
    ],
  },
});

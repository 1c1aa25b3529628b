import { defineConfig } from 'vitest/config';

/** What tests type into shells is not for the history of whoever runs them. */
const withoutHistory = { HISTFILE: '/dev/null' };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          globalSetup: 'test/support/own-state.ts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/**/*.local.test.ts'],
          environment: 'node',
          // The files share what they import: reading it anew for each took most of the time.
          isolate: false,
          // One core fewer is the default: on two cores one worker, whose waits nothing else would fill.
          maxWorkers: '100%',
          // Projects whose numbers of workers differ must not run at the same time.
          sequence: { groupOrder: 1 },
        },
      },
      // Real programs, sockets, namespaces and packet filters on this computer.
      {
        test: {
          name: 'local',
          globalSetup: 'test/support/own-state.ts',
          include: ['test/**/*.local.test.ts'],
          environment: 'node',
          env: withoutHistory,
        },
      },
      {
        test: {
          name: 'lab',
          globalSetup: 'test/e2e/set-up.ts',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          env: withoutHistory,
          // One lab, two cores: the files take turns.
          fileParallelism: false,
          testTimeout: 15 * 60_000,
          hookTimeout: 45 * 60_000,
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';
import { rulesPlugin } from './scripts/rules-plugin.mjs';
import { templatesPlugin } from './scripts/templates-plugin.mjs';

const shared = { testTimeout: 20_000, hookTimeout: 30_000, env: { CI: '', NO_COLOR: '', TZ: 'UTC' } };

export default defineConfig({
  plugins: [templatesPlugin(), rulesPlugin()],
  test: {
    projects: [
      {
        extends: true,
        // As many files at once as there are cores.
        test: { ...shared, name: 'unit', include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/e2e/**'], maxWorkers: '100%' },
      },
      {
        // The built program in a real terminal: after the others, one file at a time, so that it has the machine for itself.
        extends: true,
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/helpers/build.ts',
          testTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

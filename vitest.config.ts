import { defineConfig } from 'vitest/config';
import { rulesPlugin } from './scripts/rules-plugin.mjs';
import { templatesPlugin } from './scripts/templates-plugin.mjs';

/** As many files at once as there are cores. */
const maxWorkers = '100%';
/** Patience with a busy machine: what is waited for comes at once on a quiet one. */
const patience = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } };
const shared = { ...patience, maxWorkers, env: { CI: '', NO_COLOR: '', TZ: 'UTC' } };

export default defineConfig({
  plugins: [templatesPlugin(), rulesPlugin()],
  test: {
    projects: [
      {
        extends: true,
        test: { ...shared, name: 'unit', include: ['test/**/*.test.{ts,tsx}'], exclude: ['test/e2e/**'] },
      },
      {
        // The built program in a real terminal, after the others. It waits for most of its time.
        extends: true,
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/helpers/build.ts',
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

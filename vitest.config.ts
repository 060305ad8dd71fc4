import { defineConfig } from 'vitest/config';
import { templatesPlugin } from './scripts/templates-plugin.mjs';

export default defineConfig({
  plugins: [templatesPlugin()],
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    env: { CI: '', NO_COLOR: '', TZ: 'UTC' },
  },
});

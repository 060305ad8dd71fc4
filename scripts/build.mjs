// One ESM bundle in dist/, split so that the first chunk holds only what the first frame needs.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { templatesPlugin } from './templates-plugin.mjs';

const bundle = await rolldown({
  input: 'src/main.tsx',
  platform: 'node',
  plugins: [templatesPlugin()],
  resolve: { alias: { 'react-devtools-core': path.resolve('scripts/empty.mjs') } },
  transform: { jsx: 'react-jsx', define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' } },
  logLevel: 'warn',
});
rmSync('dist', { recursive: true, force: true });
await bundle.write({ dir: 'dist', format: 'esm', minify: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
await bundle.close();

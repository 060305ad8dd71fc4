// One ESM bundle in dist/, split so that the first chunk holds only what the first frame needs. Beside it, the entries of threads.
import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { rulesPlugin } from './rules-plugin.mjs';
import { templatesPlugin } from './templates-plugin.mjs';

const bundle = await rolldown({
  input: {
    main: 'src/main.tsx',
    'front-worker': 'src/connectors/direct/front-worker.ts',
    'sqlite-writer-worker': 'src/adapters/sqlite-writer-worker.ts',
  },
  platform: 'node',
  plugins: [templatesPlugin(), rulesPlugin()],
  resolve: { alias: { 'react-devtools-core': path.resolve('scripts/empty.mjs') } },
  transform: { jsx: 'react-jsx', define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' } },
  logLevel: 'warn',
  // A package that is not there would be looked for when the program runs.
  onLog: (level, log, handle) => handle(log.code === 'UNRESOLVED_IMPORT' ? 'error' : level, log),
});
// Built aside and then put in place, so that a build that fails leaves the last good one.
const aside = 'node_modules/.rollcall-build';
rmSync(aside, { recursive: true, force: true });
await bundle.write({ dir: aside, format: 'esm', minify: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
await bundle.close();
rmSync('dist', { recursive: true, force: true });
renameSync(aside, 'dist');

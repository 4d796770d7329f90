// @ts-check
import { defineConfig } from 'vite';

/** What the app serves at /dashboard. `npm run build` runs it, and puts the result into dist/web. */
export default defineConfig({
  base: '/dashboard/',
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The policy of the page allows no data: addresses.
    assetsInlineLimit: 0,
    sourcemap: false,
    reportCompressedSize: false,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});

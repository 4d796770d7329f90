// @ts-check
/**
 * `node cli/run.mjs FILE [arguments]` brings dist/ up to date and runs dist/FILE in this process, as if it had been started itself: every
 * `npm run` command goes through here, so that none runs an old build and none pays for a build that is not needed.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { bringUpToDate } from './build.mjs';

const root = resolve(import.meta.dirname, '..');
const [file = '', ...rest] = process.argv.slice(2);
try {
  await bringUpToDate(root);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
const program = join(root, 'dist', file);
process.argv = [process.argv[0] ?? 'node', program, ...rest];
createRequire(import.meta.url)(program);

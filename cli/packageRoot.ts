import { join } from 'node:path';

/** The folder of package.json, from dist/cli: where the app is that the emulator hosts. */
export const PACKAGE_ROOT = join(__dirname, '..', '..');

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, where the app is that the emulator hosts; from dist/cli as from cli. */
export const PACKAGE_ROOT = folderWithPackageJson(__dirname);

/** Installed from its package, without sources: its commands are typed as `npx lowtide …`, not as scripts of the repository. */
export const IS_INSTALLED = !existsSync(join(PACKAGE_ROOT, 'tsconfig.json'));

function folderWithPackageJson(from: string): string {
  const above = dirname(from);
  return existsSync(join(from, 'package.json')) || above === from ? from : folderWithPackageJson(above);
}

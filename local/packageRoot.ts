import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, where the app is that the emulator hosts; from dist/cli as from cli. */
export const PACKAGE_ROOT = folderWithPackageJson(__dirname);

function folderWithPackageJson(from: string): string {
  const above = dirname(from);
  return existsSync(join(from, 'package.json')) || above === from ? from : folderWithPackageJson(above);
}

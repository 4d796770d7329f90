import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../local/packageRoot';

/**
 * Removes from dist/ what was built from a source that is gone: the host loads every file under dist/functions, also one that a newer version
 * has renamed.
 */
function prune(built: string, source: string): void {
  for (const entry of readdirSync(built, { withFileTypes: true })) {
    const path = join(built, entry.name);
    if (entry.isDirectory()) prune(path, join(source, entry.name));
    else if (isOrphan(entry.name, source)) rmSync(path);
  }
}

function isOrphan(name: string, source: string): boolean {
  const [, stem] = /^(.*)\.js(?:\.map)?$/.exec(name) ?? [];
  return stem !== undefined && !existsSync(join(source, `${stem}.ts`));
}

prune(join(PACKAGE_ROOT, 'dist'), PACKAGE_ROOT);

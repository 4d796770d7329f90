import Module from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as HostModule from '../../../emulator/host';

export type { Host, HostOptions } from '../../../emulator/host';

/**
 * jest keeps a module registry of its own, where the emulator's patch of `require` does not reach. So the compiled
 * emulator is loaded by Node itself: it and the app are loaded by Node, not by jest, in the same process, and only values cross.
 */
const load = (Module as unknown as { _load: (file: string, parent: null, isMain: boolean) => unknown })._load;

export const repository = join(__dirname, '..', '..', '..');

export function loadNatively(file: string): unknown {
  const path = join(repository, file);
  if (!existsSync(path)) throw new Error(`${file} is missing: run "npm run build" before the tests.`);
  return load(path, null, false);
}

export const { startHost } = loadNatively('dist/emulator/host.js') as typeof HostModule;

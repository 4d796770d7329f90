import Module from 'node:module';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Composition from '../../../composition/compose';
import type * as HostModule from '../../../emulator/host';
import type { Host, HostOptions } from '../../../emulator/host';

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

/** Settings that `functions/` reads as it registers: an app that has one of them is loaded for its host alone. */
const readAtRegistration = readdirSync(join(repository, 'functions')).flatMap((file) =>
  [...readFileSync(join(repository, 'functions', file), 'utf8').matchAll(/process\.env\['(\w+)'\]/g)].map(
    ([, name = '']) => name,
  ),
);

/**
 * A host of Lowtide itself. To load the app takes most of a second, so that it stays loaded for the next host of the same process, in this
 * test file or the next one; it begins without services and faults, as a process does.
 */
export function startLowtideHost(options: Omit<HostOptions, 'appDir' | 'keepApp'>): Promise<Host> {
  const { environment = {} } = options;
  const ownRegistration = readAtRegistration.some(
    (name) => ![undefined, '', 'simulated'].includes(environment[name]),
  );
  // A state folder is one process's: an app that has one holds it as long as it is loaded.
  const ownFolder = environment['LOWTIDE_STATE_DIR'] !== '';
  const keepApp = !ownRegistration && !ownFolder;
  return startHost({
    ...options,
    appDir: repository,
    keepApp,
    prepare: (appModule) => {
      if (keepApp) (appModule('./dist/composition/compose') as typeof Composition).forgetServices();
      options.prepare?.(appModule);
    },
  });
}

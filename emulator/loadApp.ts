import Module, { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoreApi } from './coreApi';
import { filesMatching } from './glob';
import type { AppSettings } from './settings';

type Require = (this: NodeJS.Module, id: string) => unknown;
type NodeModule = typeof Module & { prototype: { require: Require } };

/** The core API of the app that is being loaded or runs; one at a time in a process. */
let current: CoreApi | undefined;
let patched = false;

/**
 * As the node worker: `require('@azure/functions-core')` gives the host's own object, in CommonJS and through it in
 * ES modules. The patch stays; it answers for whichever app is current.
 */
function patchRequire(): void {
  if (patched) return;
  patched = true;
  const prototype = (Module as NodeModule).prototype;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the requiring module as `this`
  const original = prototype.require;
  prototype.require = function (this: NodeJS.Module, id: string): unknown {
    return id === '@azure/functions-core' && current ? current.exported : original.call(this, id);
  };
}

export interface LoadedApp {
  readonly core: CoreApi;
  /** Loads a module as the app's own code would: the same instance that the app uses. */
  readonly require: NodeJS.Require;
  readonly unload: () => void;
}

/** Apps that stay loaded for the next host, by folder; until one is loaded afresh. */
const kept = new Map<string, Omit<LoadedApp, 'unload'>>();

/** `keep`: the app stays loaded for the next host that keeps it, with whatever it has in memory. */
export async function loadApp(
  settings: AppSettings,
  environment: Readonly<Record<string, string>>,
  log: CoreApi['log'],
  keep = false,
): Promise<LoadedApp> {
  if (current)
    throw new Error('Another host is running in this process. Close it before starting the next one.');
  const { appDir } = settings;
  const known = keep ? kept.get(appDir) : undefined;
  if (known) return takeOver(known, environment, log);
  const files = filesMatching(appDir, settings.main);
  if (files.length === 0) {
    throw new Error(
      `No file matches "main" (${settings.main}) of ${join(appDir, 'package.json')}. Build the app first.`,
    );
  }
  const core = new CoreApi(log);
  const unload = unloaderOf(core, environment);
  try {
    patchRequire();
    forgetModules(appDir);
    current = core;
    const require = createRequire(join(appDir, 'package.json'));
    for (const file of files) await load(require, file);
    const hookContext = { functionAppDirectory: appDir, hookData: {}, appHookData: core.appHookData };
    await core.runHooks('appStart', hookContext);
    const capabilities = (await core.programmingModel.getCapabilities?.({})) ?? {};
    if (capabilities['HttpUri'] !== undefined) {
      throw new Error(
        'The app turns on enableHttpStream, which the emulator does not have. Remove app.setup({ enableHttpStream }).',
      );
    }
    core.lock();
    if (keep) kept.set(appDir, { core, require });
    return { core, require, unload };
  } catch (error) {
    unload();
    throw error;
  }
}

/**
 * A second copy of an app that is loaded, with module state of its own, as a second process would have; the first stays the one that
 * `require` finds. `environment` holds only while the copy is loaded.
 */
export async function loadCopy(
  settings: AppSettings,
  environment: Readonly<Record<string, string>>,
  log: CoreApi['log'],
): Promise<CoreApi> {
  const first = current;
  const { cache } = createRequire(join(settings.appDir, 'package.json'));
  const before = new Map(Object.entries(cache));
  current = undefined;
  try {
    const { core, unload } = await loadApp(settings, environment, log);
    unload();
    return core;
  } finally {
    forgetModules(settings.appDir);
    for (const [file, module] of before) cache[file] ??= module;
    current = first;
  }
}

function takeOver(
  known: Omit<LoadedApp, 'unload'>,
  environment: Readonly<Record<string, string>>,
  log: CoreApi['log'],
): LoadedApp {
  const { core } = known;
  core.log = log;
  current = core;
  return { ...known, unload: unloaderOf(core, environment) };
}

/** Sets the environment of an app; what it returns takes both away again. */
function unloaderOf(core: CoreApi, environment: Readonly<Record<string, string>>): () => void {
  const restore = setEnvironment(environment);
  return () => {
    if (current === core) current = undefined;
    restore();
  };
}

async function load(require: NodeJS.Require, file: string): Promise<void> {
  try {
    require(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_REQUIRE_ESM') throw error;
    await import(pathToFileURL(file).href);
  }
}

/** Registrations live in module state, so the app and the two libraries that keep them are loaded afresh. */
function forgetModules(appDir: string): void {
  kept.clear(); // they share libraries that are forgotten here
  const { cache } = createRequire(join(appDir, 'package.json'));
  const keeps = `${sep}node_modules${sep}`;
  const stateful = [
    join('node_modules', '@azure', 'functions') + sep,
    join('node_modules', 'durable-functions') + sep,
  ];
  for (const file of Object.keys(cache)) {
    const inApp = !relative(appDir, file).startsWith('..');
    const isOwn =
      inApp && !`${sep}${relative(appDir, file)}`.includes(keeps) && !file.startsWith(dirname(__filename));
    if (isOwn || stateful.some((part) => file.includes(part))) Reflect.deleteProperty(cache, file);
  }
}

function setEnvironment(environment: Readonly<Record<string, string>>): () => void {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  };
}

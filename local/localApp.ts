import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { loadScenario, scenarioPath } from '../drivers/simulated/scenario';
import { startHost, type ClockOptions, type Host } from '../emulator/host';
import { startAzurite } from './azurite';
import { PACKAGE_ROOT } from './packageRoot';
import { checkPortFree } from './portInUse';
import { say } from './say';
import { takeStateFolder } from './stateFolder';
import { readText } from './readText';

export interface LocalAppOptions {
  /** Everything it keeps is in this folder. */
  readonly folder: string;
  /** Begin with an empty folder. */
  readonly fresh: boolean;
  readonly clock: ClockOptions;
  readonly port: number;
  readonly https?: boolean;
  /** Over the settings of local.settings.json; where everything is kept is decided here all the same. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Over everything else. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Lowtide itself, with the pocket Azure, on this machine. */
export interface LocalApp {
  readonly host: Host;
  /** The same app goes on from where it is, under another clock. */
  withClock(clock: ClockOptions): Promise<LocalApp>;
  close(): Promise<void>;
}

/** Starts Azurite and the app in the emulator. When this fails half way, nothing is left running. */
export async function startLocalApp(options: LocalAppOptions): Promise<LocalApp> {
  await checkPortFree(options.port);
  const folder = takeStateFolder(options.folder, options);
  const undo: (() => Promise<void> | void)[] = [
    () => {
      folder.release();
    },
  ];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const azurite = await startAzurite({ location: join(folder.path, 'azurite') });
    undo.push(() => azurite.stop());
    const host = await hostApp(options, azurite.connectionString);
    undo.push(() => host.close());
    await checkItAnswers(host);
    const app: LocalApp = {
      host,
      withClock: async (clock) => {
        await undo.pop()?.();
        const again = await hostApp({ ...options, clock }, azurite.connectionString);
        undo.push(() => again.close());
        return { ...app, host: again };
      },
      close,
    };
    return app;
  } catch (error) {
    await close();
    throw error;
  }
}

function hostApp(options: LocalAppOptions, connectionString: string): Promise<Host> {
  const { folder, clock, port, https, settings, environment } = options;
  return startHost({
    appDir: PACKAGE_ROOT,
    clock,
    store: { kind: 'journal', path: join(folder, 'orchestrations.journal') },
    engine: 'session',
    strict: true,
    port,
    https: https === true,
    environment: {
      ...settings,
      AzureWebJobsStorage: connectionString,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'tables',
      LOWTIDE_STATE_DIR: join(folder, 'pocket-azure'),
      ...environment,
    },
    log: (line) => {
      if (/^(error|warning|critical)/i.test(line)) say.error(line);
    },
  });
}

/** Settings are read when the app is first asked for something: better now than in the middle of the night. */
async function checkItAnswers(host: Host): Promise<void> {
  const { status, body } = await host.request('GET', '/api/rollouts');
  if (status === 200) return;
  const { title = `It answered ${status}.`, detail = JSON.stringify(body) } = body as Record<string, string>;
  throw new LowtideError('SETTING_INVALID', {
    what: title,
    why: 'The app was started, but does not work with its settings.',
    fix: detail,
  });
}

/** The path of a scenario that exists and is well formed. */
export function checkedScenario(nameOrPath: string): string {
  const path = scenarioPath(nameOrPath);
  const shipped = path !== nameOrPath;
  const file = shipped ? join(PACKAGE_ROOT, path) : resolve(path);
  if (shipped && !existsSync(file)) throw noSuchScenario(nameOrPath, dirname(file));
  loadScenario(readText(file), file);
  return file;
}

function noSuchScenario(name: string, folder: string): LowtideError {
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  return new LowtideError('ARGUMENT_INVALID', {
    what: `There is no scenario '${name}'.`,
    why: `fleets/scenarios/ has ${names.sort().join(', ')}.`,
    fix: 'Name one of these, or a scenario file by its path.',
  });
}

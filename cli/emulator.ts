import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { startHost } from '../emulator/host';
import { aborted } from './serve';
import { interruption } from './interruption';
import { checkPortFree } from '../local/portInUse';
import { say } from '../local/say';

export interface EmulatorOptions {
  readonly app: string;
  readonly port: number;
  readonly journal?: string | undefined;
  readonly https?: boolean | undefined;
}

/** Hosts any Functions v4 app folder at the real clock, as `func start` would, until Ctrl-C. */
export async function runEmulator({ app, port, journal, https }: EmulatorOptions): Promise<0> {
  checkAppFolder(app);
  await checkPortFree(port);
  const stop = interruption();
  const host = await startHost({
    appDir: resolve(app),
    clock: { kind: 'real' },
    store: journal === undefined ? { kind: 'memory' } : { kind: 'journal', path: resolve(journal) },
    engine: 'session',
    port,
    https: https === true,
    environment: ownEnvironment(),
    log: (line) => {
      say.line(line);
    },
  });
  say.line(`The app in ${app} is served at ${host.baseUrl}/. Ctrl-C ends it.`);
  await aborted(stop);
  await host.close();
  return 0;
}

/** As with func start: what the environment says goes over local.settings.json. */
function ownEnvironment(): Record<string, string> {
  const known = Object.entries(process.env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, string>;
}

function checkAppFolder(app: string): void {
  if (existsSync(join(app, 'package.json'))) return;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `${app} is not the folder of a Functions app.`,
    why: 'There is no package.json in it.',
    fix: 'Name a folder with package.json ("main" names the built functions) and host.json.',
  });
}

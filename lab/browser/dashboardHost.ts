import { resolve } from 'node:path';
import { startHost, type Host, type HostOptions } from '../../emulator/host';
import { PACKAGE_ROOT } from '../../local/packageRoot';

export interface DashboardHostOptions {
  /** A fleet file; without one the simulated Azure is empty. */
  readonly fleet?: string;
  /** A scenario file. */
  readonly scenario?: string;
  readonly startUtc: string;
  readonly seed?: number;
  /** Of the app, beside those that are decided here. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly alsoServes?: HostOptions['alsoServes'];
}

/** The app on a virtual clock that stands until it is moved, in memory, with an address for a browser. */
export function dashboardHost({
  fleet,
  scenario,
  startUtc,
  seed = 1,
  settings = {},
  alsoServes,
}: DashboardHostOptions): Promise<Host> {
  return startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc },
    store: { kind: 'memory' },
    engine: 'session',
    strict: true,
    port: 0,
    ...(alsoServes !== undefined && { alsoServes }),
    environment: {
      ...settings,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: fleet === undefined ? '' : resolve(fleet),
      LOWTIDE_SCENARIO: scenario === undefined ? '' : resolve(scenario),
      LOWTIDE_SEED: String(seed),
    },
    log: (line) => {
      if (/^(error|critical)/i.test(line)) process.stderr.write(`${line}\n`);
    },
  });
}

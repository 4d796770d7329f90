import { startHost } from '../../emulator/host';
import { generateFleet } from '../../fleets/generateFleet';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { figureOf, type Benchmark } from './benchmark';
import { MINUTE_MS } from '../../domain/timeUnits';

const VMS = 10_000;
const START_UTC = '2026-11-01T00:00:00.000Z';
const MINUTES_MAX = 60;

/** Seconds of processors, in memory: beside tables each batch of rows waits for its write, too. */
export const importBenchmark: Benchmark = {
  name: 'import',
  what: `imports a fleet of ${VMS} VMs over HTTP, in the emulator with its store in memory`,
  run: async () => {
    const fleet = generateFleet({ vms: VMS, seed: 1 });
    const host = await startHost({
      appDir: PACKAGE_ROOT,
      clock: { kind: 'virtual', startUtc: START_UTC },
      store: { kind: 'memory' },
      environment: {
        LOWTIDE_DRIVER: 'simulated',
        LOWTIDE_STORE: 'memory',
        LOWTIDE_STATE_DIR: '',
        LOWTIDE_FLEET: '',
      },
    });
    try {
      const before = process.cpuUsage();
      const spent = (): number => {
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1e6;
      };
      const { status, headers } = await host.request('POST', '/api/fleet', fleet);
      if (status !== 202) throw new Error(`POST /api/fleet answered ${status}, not 202.`);
      const accepted = spent();
      const location = new URL(headers['location'] ?? '', 'http://localhost').pathname;
      for (let minute = 1; ; minute += 1) {
        await host.runUntil(new Date(Date.parse(START_UTC) + minute * MINUTE_MS).toISOString());
        const { body } = await host.request('GET', location);
        if ((body as { state: string }).state === 'done') break;
        if (minute > MINUTES_MAX) throw new Error(`The import is not done: ${JSON.stringify(body)}`);
      }
      return [
        figureOf(`import-${VMS} accepted`, 's', [accepted]),
        figureOf(`import-${VMS} done`, 's', [spent()], 20),
      ];
    } finally {
      await host.close();
    }
  },
};

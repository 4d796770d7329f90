import { memoryJournal } from '../drivers/simulated/log/requestJournal';
import { simulatedDriver, type SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { loadScenario } from '../drivers/simulated/scenario';
import { serveDriver } from '../drivers/served/serveDriver';
import { checkedScenario } from '../local/localApp';
import { checkPortFree } from '../local/portInUse';
import { readFleet } from '../local/readFleet';
import { readText } from '../local/readText';
import { say } from '../local/say';
import { checkOutputs, writeOutput } from '../local/writeOutput';
import { interruption } from './interruption';
import { aborted } from './serve';

export interface DriverOptions {
  readonly fleet: string;
  readonly seed: number;
  readonly port: number;
  readonly scenario?: string;
  readonly events?: string;
}

/**
 * Serves the simulated driver on loopback until Ctrl-C, so that several hosts may share one simulated Azure (`LOWTIDE_DRIVER=served`). It
 * remembers as long as it runs; its log is written at the end.
 */
export async function runDriver({ fleet, seed, port, scenario, events }: DriverOptions): Promise<0> {
  checkOutputs(events);
  const parsed = readFleet(fleet);
  const scenarioFile = scenario === undefined ? null : checkedScenario(scenario);
  await checkPortFree(port);
  const stop = interruption();
  let driver: SimulatedDriver | null = null;
  const served = await serveDriver((nowUtc) => {
    driver = simulatedDriver({
      fleet: parsed,
      seed,
      scenario: scenarioFile === null ? null : loadScenario(readText(scenarioFile), scenarioFile),
      journal: memoryJournal(),
      nowUtc,
    });
    return driver;
  }, port);
  say.line(`${parsed.vms.length} VMs of ${fleet} are served. Give each host these settings, and start it:`);
  say.line(`  LOWTIDE_DRIVER=served LOWTIDE_DRIVER_URL=${served.url}`);
  await aborted(stop);
  await served.close();
  if (events !== undefined) writeOutput(events, logLines(driver));
  return 0;
}

function* logLines(driver: SimulatedDriver | null): Iterable<string> {
  for (const event of driver?.events() ?? []) yield `${JSON.stringify(event)}\n`;
}

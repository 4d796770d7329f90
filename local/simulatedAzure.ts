import { readFileSync } from 'node:fs';
import type { Policy } from '../domain/policy';
import { clockUtc } from '../drivers/clock';
import type { DriverEvent } from '../drivers/driver';
import { memoryJournal } from '../drivers/simulated/log/requestJournal';
import { loadScenario } from '../drivers/simulated/scenario';
import { simulatedDriver } from '../drivers/simulated/simulatedDriver';
import type { ArmServer } from './armServer';
import { simulatedArm } from './simulatedArm';
import { readFleet } from './readFleet';
import { withBypass } from './withBypass';

export interface SimulatedAzureOptions {
  readonly fleet: string;
  readonly seed: number;
  readonly scenario: string | null;
  readonly policy: Policy;
  readonly report: (message: string) => void;
}

/** The simulated Azure of a rehearsal, on the clock of the host that loads this module. */
export interface SimulatedAzure {
  /** Everything that happened in it until then. */
  events(untilUtc: string): readonly DriverEvent[];
}

/** Answers at the server with the fleet of a file, taken over by Lowtide. */
export function openSimulatedAzure(server: ArmServer, options: SimulatedAzureOptions): SimulatedAzure {
  const { seed, scenario, policy, report } = options;
  const driver = simulatedDriver({
    fleet: withBypass(readFleet(options.fleet)),
    seed,
    scenario: scenario === null ? null : loadScenario(readFileSync(scenario, 'utf8'), scenario),
    journal: memoryJournal(),
    nowUtc: clockUtc,
  });
  server.answerBy(simulatedArm({ driver, policy, nowUtc: clockUtc, report }));
  return {
    events: (untilUtc) => {
      driver.logUntil(untilUtc);
      return [...driver.events()].filter(({ at }) => at <= untilUtc);
    },
  };
}

import type { DriverEvent, InstallRequest, StartAnswer } from '../../drivers/driver';
import { fleetFromVms } from '../support/fleetFromVms';
import { memoryJournal, type RequestJournal } from '../../drivers/simulated/log/requestJournal';
import { loadScenario, type Scenario } from '../../drivers/simulated/scenario';
import { simulatedDriver, type SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { POWER_HABIT_TAG } from '../../drivers/simulated/machine/powerHabits';

/** Before the release of November 2026, which is on the 10th at 18:00. */
export const START = '2026-11-09T00:00:00.000Z';
export const RELEASE = '2026-11-10T18:00:00.000Z';

export interface ClockedDriver {
  readonly driver: SimulatedDriver;
  /** In the order in which they happened. */
  readonly reported: DriverEvent[];
  /** Time goes by. */
  pass(minutes: number): void;
  goTo(utc: string): void;
  now(): string;
}

/** A simulated driver with a clock of its own. */
export function aClockedDriver(options: {
  readonly vms?: readonly VirtualMachine[];
  readonly seed?: number;
  readonly effects?: readonly unknown[];
  readonly journal?: RequestJournal;
  readonly startUtc?: string;
}): ClockedDriver {
  let nowMs = Date.parse(options.startUtc ?? START);
  const reported: DriverEvent[] = [];
  const now = (): string => new Date(nowMs).toISOString();
  const driver = simulatedDriver({
    fleet: options.vms === undefined ? null : fleetFromVms(options.vms),
    seed: options.seed ?? 1,
    scenario: options.effects === undefined ? null : aScenario(options.effects),
    journal: options.journal ?? memoryJournal(),
    onEvent: (event) => reported.push(event),
    nowUtc: now,
  });
  return {
    driver,
    reported,
    now,
    pass(minutes) {
      nowMs += minutes * 60_000;
    },
    goTo(utc) {
      nowMs = Math.max(nowMs, Date.parse(utc));
    },
  };
}

export function aScenario(effects: readonly unknown[]): Scenario {
  return loadScenario(JSON.stringify({ name: 'test', description: '', effects }), 'test.json');
}

/** A tag that keeps the VM's owner from the power switch. */
export const ALWAYS_ON = { [POWER_HABIT_TAG]: 'alwaysOn' };

/** What a rollout requests for. */
export const CRITICAL_AND_SECURITY: InstallRequest = {
  maximumDurationMinutes: 235,
  classificationsToInclude: ['Critical', 'Security'],
  rebootSetting: 'IfRequired',
  maxPatchPublishDate: null,
  rolloutId: 'rollout-2026-11',
};

/** Starts until it is let: the simulated Azure throttles now and then, as the real one does. */
export async function started(simulated: ClockedDriver, start: () => Promise<StartAnswer>): Promise<string> {
  for (let tries = 0; tries < 30; tries += 1) {
    const answer = await start();
    if (answer.kind === 'started') return answer.operationId;
    if (answer.code !== 'throttled') throw new Error(`refused: ${answer.code} ${answer.message}`);
    simulated.pass(1);
  }
  throw new Error('throttled for half an hour');
}

/** Installs, and waits for the end. */
export async function install(
  simulated: ClockedDriver,
  vm: VirtualMachine,
  request: Partial<InstallRequest> = {},
): Promise<Awaited<ReturnType<SimulatedDriver['readOperation']>>> {
  const whole = { ...CRITICAL_AND_SECURITY, ...request };
  const id = await started(simulated, () => simulated.driver.startInstallation(vm.id, whole));
  simulated.pass(whole.maximumDurationMinutes);
  return simulated.driver.readOperation(id);
}

export async function assess(
  simulated: ClockedDriver,
  vm: VirtualMachine,
): Promise<Awaited<ReturnType<SimulatedDriver['readOperation']>>> {
  const id = await started(simulated, () => simulated.driver.startAssessment(vm.id));
  simulated.pass(10);
  return simulated.driver.readOperation(id);
}

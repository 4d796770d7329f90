import { generateFleet, type GeneratedFleet } from '../../fleets/generateFleet';
import { Policy } from '../../domain/policy';
import { Month } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import { Scenario } from '../../drivers/simulated/scenario';
import { settingsOf, type MonthSetup } from './monthSetup';
import { DAY_MS } from '../../domain/timeUnits';

/** One small rollout in which everything happens that a rollout does, within a day or two: off-peak hours are always open. */
export function canonicalSetup(vms: number): MonthSetup {
  const month = Month.parse('2026-11');
  const fromMs = Date.parse(releaseOf(month));
  const policy = Policy.parse({
    offPeakOpens: '00:00',
    offPeakCloses: '00:00',
    bakeAfterCanarySeconds: 600,
    bakeSeconds: 600,
    soakSeconds: 300,
    phasesMin: 2,
    batchSharePercents: [30, 70],
    installPollFirstSeconds: 900,
    installPollLastSeconds: 900,
    assessmentPollSeconds: 600,
  });
  return {
    seed: 1,
    vms,
    month,
    fromMs,
    policy,
    environment: settingsOf(policy),
    intensity: 0,
    crashes: 0,
    redeployment: null,
    calmMs: fromMs,
    untilMs: fromMs + 3 * DAY_MS,
    fleet: alwaysOn(generateFleet({ vms, seed: 1 })),
    scenario: Scenario.parse({ name: 'calm', description: 'Nothing but crashes.', effects: [] }),
  };
}

/** A VM that its owner turns off every evening would keep the rollout waiting for days. */
function alwaysOn({ virtualMachines, availabilitySets }: GeneratedFleet): GeneratedFleet {
  return {
    availabilitySets,
    virtualMachines: virtualMachines.map((vm) => ({
      ...vm,
      tags: { ...(vm['tags'] as object | null), 'lowtide-power': 'alwaysOn' },
    })),
  };
}

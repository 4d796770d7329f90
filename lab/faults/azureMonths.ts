import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chance } from '../../domain/seed';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { simulateMonth, type SimulationReport } from '../../local/simulateMonth';
import { faultyWire } from './wireFaults';

export interface AzureMonthReport {
  readonly seed: number;
  readonly installs: number;
  readonly outcomes: SimulationReport['outcomes'];
  /** By kind of fault, how often it struck. */
  readonly struck: Readonly<Record<string, number>>;
  /** What was violated, and where the two logs differ: one line each. */
  readonly violations: readonly string[];
}

export interface AzureMonthOptions {
  readonly seed: number;
  readonly vms: number;
  /** So many days from the release. */
  readonly days: number;
}

/** A month (or its first days) with the Azure driver, through SDK and HTTP, whose line and VMs are faulty: judged by the driver's log and by the platform's. */
export async function runAzureMonth({ seed, vms, days }: AzureMonthOptions): Promise<AzureMonthReport> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-azure-torture-'));
  try {
    const [fleet, scenario] = [join(folder, 'fleet.json'), join(folder, 'scenario.json')];
    writeFileSync(fleet, printGeneratedFleet(generateFleet({ vms, seed })));
    writeFileSync(scenario, JSON.stringify(scenarioOf(seed)));
    const wire = faultyWire(seed, 2 + 10 * chance(seed, 'wirePercent'));
    const report = await simulateMonth({
      fleet,
      scenario,
      seed,
      month: MONTH,
      driver: 'azure',
      days,
      wire: wire.wrap,
    });
    return {
      seed,
      installs: report.audit.installs.rollout,
      outcomes: report.outcomes,
      struck: wire.struck,
      violations: violationsOf(report, days),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Agents that fall silent let operations end Failed after 25 minutes; broken extensions at once. */
function scenarioOf(seed: number): object {
  const percentOf = (what: string): number => Math.floor(chance(seed, what) * 20);
  const effects = ['agentLost', 'extensionFails'].map((what) => ({
    who: { share: 1 + percentOf(what) },
    what,
  }));
  return { name: `azure-torture-${seed}`, description: 'Made by torture.', effects };
}

const MONTH = '2026-11';
/** Before a rollout's month is over it may still be running; the next one, which begins on day 28, is. */
const WHOLE_MONTH_DAYS = 30;

function violationsOf({ violations, azure, rollouts }: SimulationReport, days: number): readonly string[] {
  return [
    ...violations.map(({ invariant, vm, at, detail }) => `${invariant} ${at} ${vm ?? ''} ${detail}`),
    ...(azure?.disagreements ?? []),
    ...rollouts
      .filter(({ rolloutId }) => days >= WHOLE_MONTH_DAYS && rolloutId === `rollout-${MONTH}`)
      .filter(({ state }) => state !== 'ended')
      .map(({ rolloutId, state }) => `${rolloutId} is ${state}`),
  ];
}

import type { Month } from '../domain/ids';
import { extraRegionsOf } from '../composition/settingProblems';
import { learnRegions } from '../domain/regions';
import { monthOfLatestRelease, releaseOf } from '../domain/release';
import { checkPlan } from '../planning/checkPlan';
import { describePlan } from '../planning/describePlan';
import { makePlan } from '../planning/makePlan';
import { collectSooner } from '../local/heapGrowth';
import { readAppSettings } from '../local/appSettings';
import { listFleet } from '../local/readFleet';
import { say } from '../local/say';
import { writeJson } from '../local/writeOutput';

export interface PlanOptions {
  readonly fleet: string;
  readonly month?: Month | undefined;
  readonly json?: string | undefined;
  readonly settings?: string | undefined;
}

/**
 * Plans a month as it looks at its release, by the same settings that a rollout on this machine would use, without touching anything: the
 * plan that a rollout of this fleet would make. Returns the exit code.
 */
export function runPlan({ fleet: file, month, json, settings: settingsFile }: PlanOptions): 0 | 2 {
  const { settings, summary } = readAppSettings({ file: settingsFile, fleet: file });
  const { policy } = settings;
  learnRegions(extraRegionsOf(policy.extraRegions));
  const fleet = listFleet(file);
  const latest = monthOfLatestRelease(new Date().toISOString());
  const planned = month ?? latest;
  const { vms } = fleet;
  const plan = makePlan({ vms, month: planned, policy, seed: planned, nowUtc: releaseOf(planned) });
  if (json !== undefined) writeJson(json, plan);
  say.line(summary);
  for (const note of fleet.notes) say.line(`note: ${note}`);
  if (month === undefined)
    say.line(`The month is that of the latest release, ${latest}; --month plans another.\n`);
  say.text(describePlan(plan));
  collectSooner(vms.length); // the checker makes the VMs of a file anew
  const faults = checkPlan(plan, vms, policy);
  for (const { rule, detail } of faults) say.error(`fault: ${rule}: ${detail}`);
  if (faults.length > 0) say.error('The checker, which is other code than the planner, refuses this plan.');
  return faults.length === 0 ? 0 : 2;
}

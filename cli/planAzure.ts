import { azureForCommands } from '../composition/azureParts';
import { extraRegionsOf } from '../composition/settingProblems';
import { learnRegions } from '../domain/regions';
import type { Month } from '../domain/ids';
import { monthOfLatestRelease, releaseOf } from '../domain/release';
import { say } from '../local/say';
import { checkOutputs, writeJson } from '../local/writeOutput';
import { checkPlan } from '../planning/checkPlan';
import { describePlan } from '../planning/describePlan';
import { makePlan } from '../planning/makePlan';
import { controlLines, listFleet } from './azureFleet';
import { azureSettingsOf, RequestCount, type AzureOptions } from './azureScope';

export interface PlanAzureOptions extends AzureOptions {
  readonly month?: Month | undefined;
  readonly json?: string | undefined;
}

/**
 * Plans a month of the VMs that Azure lists, with the right to read and no other: what a rollout would do, in whose hands the VMs are, and
 * every request that was sent for it. Returns the exit code.
 */
export async function runPlanAzure(options: PlanAzureOptions): Promise<0 | 2> {
  checkOutputs(options.json);
  const { settings, summary, azure } = azureSettingsOf(options);
  const { policy } = settings;
  learnRegions(extraRegionsOf(policy.extraRegions));
  const requests = new RequestCount();
  const { driver } = azureForCommands(azure, requests.seen);
  const { vms, unanswered } = await listFleet(driver);
  const planned = options.month ?? monthOfLatestRelease(new Date().toISOString());
  const plan = makePlan({ vms, month: planned, policy, seed: planned, nowUtc: releaseOf(planned) });
  if (options.json !== undefined) writeJson(options.json, { plan, virtualMachines: vms, unanswered });
  say.line(summary);
  for (const id of unanswered)
    say.line(`note: the subscription ${id} did not answer: its VMs are missing here, not gone.`);
  say.text(describePlan(plan));
  for (const line of [...controlLines(vms), '', ...requests.lines()]) say.line(line);
  const faults = checkPlan(plan, vms, policy);
  for (const { rule, detail } of faults) say.error(`fault: ${rule}: ${detail}`);
  return faults.length === 0 && unanswered.length === 0 ? 0 : 2;
}

import type { Month, RolloutId } from '../domain/ids';
import type { ScheduledRound } from './cohorts';
import { utcTexts } from './estimate';
import type { Plan, PlannedGroup, PlannedPhase, PlannedRegion, PlannedRound, PlannedStage } from './plan';
import type { ScheduledGroup, ScheduledRegion, ScheduledStage } from './regionPlan';

export interface Scheduled {
  readonly rolloutId: RolloutId;
  readonly month: Month;
  readonly releasedUtc: string;
  readonly endsUtc: string;
  readonly targetMs: number;
  readonly vmCount: number;
  readonly phases: readonly (readonly ScheduledRegion[])[];
  readonly ineligible: Plan['ineligible'];
}

type UtcText = (instant: number) => string;
/** What every level of the plan has, made from the level below. */
type Extent = Pick<PlannedGroup, 'vmCount' | 'expectedStartUtc' | 'expectedEndUtc'>;

/** Writes the schedule down as the plan that is stored, shown and carried out. */
export function writePlan(scheduled: Scheduled): Plan {
  const utc = utcTexts();
  const { rolloutId, month, releasedUtc, endsUtc, vmCount, ineligible } = scheduled;
  return {
    rolloutId,
    month,
    releasedUtc,
    endsUtc,
    vmCount,
    phases: scheduled.phases.map((regions, index) => writePhase(index + 1, regions, utc)),
    ineligible,
    late: lateOf(scheduled, utc),
  };
}

function writePhase(phase: number, scheduled: readonly ScheduledRegion[], utc: UtcText): PlannedPhase {
  const regions = scheduled.map((region) => writeRegion(region, utc));
  return { phase, ...extentOf(regions), regions };
}

function writeRegion(scheduled: ScheduledRegion, utc: UtcText): PlannedRegion {
  const stages = scheduled.stages.map((stage) => writeStage(stage, utc));
  return { region: scheduled.region, ...extentOf(stages), stages };
}

function writeStage({ stage, zone, groups: scheduled }: ScheduledStage, utc: UtcText): PlannedStage {
  const groups = scheduled.map((group) => writeGroup(group, utc));
  return { stage, zone, ...extentOf(groups), groups };
}

function writeGroup(scheduled: ScheduledGroup, utc: UtcText): PlannedGroup {
  const { group, availabilitySetId, setSize } = scheduled;
  const rounds = scheduled.rounds.map((round, index) => writeRound(index + 1, round, utc));
  const kind = availabilitySetId === null ? 'standalone' : 'availabilitySet';
  return { group, kind, availabilitySetId, setSize, ...extentOf(rounds), rounds };
}

function writeRound(
  round: number,
  { step, candidates, startMs, endMs }: ScheduledRound,
  utc: UtcText,
): PlannedRound {
  return {
    round,
    updateDomain: step.updateDomain,
    vmIds: candidates.map(({ vm }) => vm.id),
    vmCount: candidates.length,
    expectedStartUtc: utc(startMs),
    expectedEndUtc: utc(endMs),
  };
}

function extentOf(parts: readonly Extent[]): Extent {
  let [vmCount, expectedStartUtc, expectedEndUtc] = [0, parts[0]?.expectedStartUtc ?? '', ''];
  for (const part of parts) {
    vmCount += part.vmCount;
    if (part.expectedStartUtc < expectedStartUtc) expectedStartUtc = part.expectedStartUtc;
    if (part.expectedEndUtc > expectedEndUtc) expectedEndUtc = part.expectedEndUtc;
  }
  return { vmCount, expectedStartUtc, expectedEndUtc };
}

/** the VMs whose forecast passes the target day or the end, by their expected start. */
function lateOf(scheduled: Scheduled, utc: UtcText): Plan['late'] {
  const endsMs = Date.parse(scheduled.endsUtc);
  const late: Plan['late'] = [];
  for (const { region, stages } of scheduled.phases.flat())
    for (const { stage, groups } of stages)
      for (const { group, rounds } of groups)
        for (const [index, { candidates, startMs, endMs, fits }] of rounds.entries()) {
          const because = lateBecause(endMs, fits, endsMs, scheduled.targetMs);
          if (because === null) continue;
          const where = `round ${index + 1} of ${rounds.length} of ${group} in ${region}, ${stage}`;
          const detail = `${because}; it is in ${where}`;
          for (const { vm } of candidates) late.push({ vmId: vm.id, expectedStartUtc: utc(startMs), detail });
        }
  return late.sort(byStart);
}

function lateBecause(endMs: number, fits: boolean, endsMs: number, targetMs: number): string | null {
  if (!fits) return 'its off-peak window is too short for an assessment, an installation and a reboot';
  if (endMs > endsMs) return 'expected to be done only after the rollout has ended';
  if (endMs > targetMs) return 'expected to be done only after the target day of the forecast';
  return null;
}

function byStart(a: Plan['late'][number], b: Plan['late'][number]): number {
  if (a.expectedStartUtc !== b.expectedStartUtc) return a.expectedStartUtc < b.expectedStartUtc ? -1 : 1;
  return a.vmId < b.vmId ? -1 : 1;
}

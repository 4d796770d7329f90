import { setShare } from '../domain/disruption';
import { freeFrom, freezesOfStart, type Freeze } from '../domain/freezes';
import type { VmId } from '../domain/ids';
import { daysBetween, secondsBetween, addSeconds } from '../domain/instants';
import type { Policy } from '../domain/policy';
import { timeZoneOf } from '../domain/timeZone';
import type { VirtualMachine } from '../domain/virtualMachine';
import { phaseIdOf, type PhaseId } from '../domain/phaseId';
import { nextStart, startQuestion } from './nextStart';
import type { Plan } from './plan';

/** When and where a VM is expected to be patched. */
export interface PreviewRow {
  readonly vmId: VmId;
  readonly phase: PhaseId;
  readonly region: string;
  readonly stage: string;
  readonly group: string;
  readonly round: number;
  readonly expectedStartUtc: string;
  readonly expectedEndUtc: string;
  /** The end of the freeze or exclusion that moves it behind its turn; null where none does. */
  readonly heldUntilUtc: string | null;
}

/** A plan VM by VM, by their start. What a freeze holds in its turn is expected in the first window after it, or not at all. */
export function previewRows(
  plan: Plan,
  vms: ReadonlyMap<VmId, VirtualMachine>,
  freezes: readonly Freeze[],
  policy: Policy,
): PreviewRow[] {
  const rows: PreviewRow[] = [];
  for (const { phase: number, regions } of plan.phases) {
    const phase = phaseIdOf(number);
    for (const { region, stages } of regions)
      for (const { stage, groups } of stages)
        for (const { group, rounds } of groups)
          for (const { round, vmIds, expectedStartUtc, expectedEndUtc } of rounds)
            for (const vmId of vmIds) {
              const planned = {
                vmId,
                phase,
                region,
                stage,
                group,
                round,
                expectedStartUtc,
                expectedEndUtc,
              };
              rows.push(
                behindFreezes(
                  { ...planned, heldUntilUtc: null },
                  vms.get(vmId),
                  freezes,
                  policy,
                  plan.endsUtc,
                ),
              );
            }
  }
  return rows.sort((a, b) => compare(a.expectedStartUtc, b.expectedStartUtc) || compare(a.vmId, b.vmId));
}

function behindFreezes(
  row: PreviewRow,
  vm: VirtualMachine | undefined,
  freezes: readonly Freeze[],
  policy: Policy,
  endsUtc: string,
): PreviewRow {
  if (vm === undefined || freezes.length === 0) return row;
  const { zone: timeZone } = timeZoneOf(vm, policy);
  const facts = { policy, vm, timeZone, freezes, outcome: null };
  const question = startQuestion(facts, row.expectedStartUtc, endsUtc);
  const [last] = freezesOfStart(question.freezes, row.expectedStartUtc, policy);
  if (last === undefined) return row;
  const slot = nextStart(question, policy);
  const expectedStartUtc = slot?.opensUtc ?? endsUtc;
  const seconds = secondsBetween(row.expectedStartUtc, row.expectedEndUtc);
  return {
    ...row,
    expectedStartUtc,
    expectedEndUtc: addSeconds(expectedStartUtc, seconds),
    heldUntilUtc: freeFrom(question.freezes, last.span.toUtc),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface Finish {
  /** By then half of them, 95 of 100, all of them are expected to be done; null when there is none. */
  readonly p50Utc: string | null;
  readonly p95Utc: string | null;
  readonly lastUtc: string | null;
}

export interface Share {
  readonly availabilitySetId: string;
  /** The VMs of the set that the largest of its rounds takes down together, and how many may be. */
  readonly largestRound: number;
  readonly limit: number;
}

/** How near the rounds of the sets come to their share; the nearest first. */
export function sharesOf(plan: Plan, policy: Policy): (Share & { readonly vmIds: readonly VmId[] })[] {
  const shares: (Share & { readonly vmIds: readonly VmId[] })[] = [];
  for (const { regions } of plan.phases)
    for (const { stages } of regions)
      for (const { groups } of stages)
        for (const { availabilitySetId, setSize, rounds } of groups) {
          if (availabilitySetId === null) continue;
          const largestRound = Math.max(...rounds.map(({ vmCount }) => vmCount));
          const vmIds = rounds.flatMap((round) => round.vmIds);
          shares.push({ availabilitySetId, largestRound, limit: setShare(setSize, policy), vmIds });
        }
  return shares.sort(
    (a, b) =>
      b.largestRound / b.limit - a.largestRound / a.limit ||
      compare(a.availabilitySetId, b.availabilitySetId),
  );
}

/** A VM's turn, so that turns of two plans can be compared. */
export interface Turn {
  readonly vmId: VmId;
  readonly phase: PhaseId;
  /** Days after the release; with a fraction. */
  readonly day: number;
}

export const turnsOf = (rows: readonly PreviewRow[], releasedUtc: string): Turn[] =>
  rows.map(({ vmId, phase, expectedStartUtc }) => ({
    vmId,
    phase,
    day: dayOf(releasedUtc, expectedStartUtc),
  }));

export const dayOf = (releasedUtc: string, utc: string): number =>
  Math.round(daysBetween(releasedUtc, utc) * 10) / 10;

export interface PlanDiff {
  readonly added: readonly VmId[];
  readonly removed: readonly VmId[];
  readonly moved: readonly {
    readonly vmId: VmId;
    readonly before: Omit<Turn, 'vmId'>;
    readonly after: Omit<Turn, 'vmId'>;
  }[];
}

/** Turns that move by less than this stay where they are: windows of daylight saving, and the minutes of a busier round. */
const DAYS_THAT_COUNT = 0.5;

export function diffTurns(before: readonly Turn[], after: readonly Turn[]): PlanDiff {
  const known = new Map(before.map((turn) => [turn.vmId, turn]));
  const added: VmId[] = [];
  const moved: PlanDiff['moved'][number][] = [];
  for (const { vmId, phase, day } of after) {
    const was = known.get(vmId);
    known.delete(vmId);
    if (was === undefined) added.push(vmId);
    else if (was.phase !== phase || Math.abs(was.day - day) >= DAYS_THAT_COUNT)
      moved.push({ vmId, before: { phase: was.phase, day: was.day }, after: { phase, day } });
  }
  return { added: added.sort(), removed: [...known.keys()].sort(), moved };
}

/** What a diff names, and how much there is. */
export interface ShownDiff extends PlanDiff {
  readonly addedCount: number;
  readonly removedCount: number;
  readonly movedCount: number;
}

export function shownDiff({ added, removed, moved }: PlanDiff, namedMax: number): ShownDiff {
  return {
    addedCount: added.length,
    removedCount: removed.length,
    movedCount: moved.length,
    added: added.slice(0, namedMax),
    removed: removed.slice(0, namedMax),
    moved: moved.slice(0, namedMax),
  };
}

import { auditVmOf, type AuditFreeze } from '../../audit/auditInput';
import { auditMonth } from '../../audit/auditMonth';
import type { Violation } from '../../audit/auditReport';
import {
  type Api,
  auditRollouts,
  outcomesOf,
  rolloutsOf,
  trailOf,
  type ReportedRollout,
} from '../../local/reportedRollouts';
import type { DriverEvent } from '../../drivers/driver';
import type { ParsedFleet } from '../../drivers/fleet/parseFleet';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import { SKEW_MS_MAX } from './faultyActivity';
import type { Pause } from './operator';
import type { MonthSetup } from './monthSetup';
import type { DeletedVm, OwnerActions } from './ownerActions';

/** The month that is checked: its setup, its fleet and log, and what the owners of VMs did. */
export interface CheckedMonth {
  readonly setup: MonthSetup;
  readonly fleet: ParsedFleet;
  readonly driver: Pick<SimulatedDriver, 'logUntil' | 'events'>;
  readonly owners: Pick<OwnerActions, 'deletedVms' | 'created' | 'retagged' | 'moved'>;
  /** While a host of another task hub ran: the rollout is none of its own. */
  readonly otherHubs?: readonly Pause[];
}

/** A violation, found by the auditor or by a check that only this test bed can make. */
export interface FoundViolation {
  readonly invariant: string;
  readonly vm: string | null;
  readonly at: string;
  readonly detail: string;
}

export interface MonthResult {
  readonly violations: readonly FoundViolation[];
  readonly evaluations: Readonly<Record<string, number>>;
  readonly events: readonly DriverEvent[];
  readonly state: string;
  readonly installs: number;
}

/** What the API confirmed to an operator. */
export interface Acknowledged {
  readonly pauses: readonly Pause[];
  readonly freezes: readonly AuditFreeze[];
}

export const NOTHING_SAID: Acknowledged = { pauses: [], freezes: [] };

/** Holds the month against the invariants: the auditor over the driver's log, and what the log alone does not show. */
export async function checkMonth(
  { setup, fleet, driver, owners, otherHubs = [] }: CheckedMonth,
  host: Api,
  { pauses, freezes }: Acknowledged,
  pollSeconds = 0,
): Promise<MonthResult> {
  const untilUtc = new Date(setup.untilMs).toISOString();
  driver.logUntil(untilUtc);
  const events = [...driver.events()];
  const rollouts = await rolloutsOf(host);
  const ownId = `rollout-${setup.month}`;
  const own = rollouts.find(({ rolloutId }) => rolloutId === ownId);
  const isOver = own !== undefined && (own.state === 'ended' || own.state === 'cancelled');
  const { policy } = setup;
  const created = new Set<string>(owners.created);
  const outcomes = isOver ? (await outcomesOf(host, ownId)).filter(({ vm }) => !created.has(vm)) : null;
  const withOutcome = new Set(outcomes?.map(({ vm }) => firstIdOf(vm, owners.moved)));
  const planned = fleet.vms.filter(
    ({ id }) =>
      withOutcome.has(id) || !owners.deletedVms.some((vm) => vm.vmId === id && mayBeUnplanned(vm, own)),
  );
  const report = auditMonth({
    events,
    vms: planned.map((vm) => auditVmOf(vm, fleet.instances.get(vm.id))),
    offPeak: { opens: policy.offPeakOpens, closes: policy.offPeakCloses },
    ownWindows: policy.ownWindows,
    budgets: policy.budgets,
    rings: policy.rings,
    shares: {
      setSharePercent: policy.setSharePercent,
      setOneByOneBelow: policy.setOneByOneBelow,
      standaloneSharePercent: policy.standaloneSharePercent,
    },
    soakSeconds: Math.min(policy.soakSeconds, setup.redeployment?.soakSeconds ?? Infinity),
    assessmentEverySeconds: Math.max(
      policy.assessmentEverySeconds,
      setup.redeployment?.assessmentEverySeconds ?? 0,
    ),
    changedByOwner: [...owners.retagged, ...owners.deletedVms.map(({ vmId }) => vmId)],
    exposure: { first: policy.evidenceFirst, factor: policy.evidenceFactor },
    untilUtc,
    waivers: owners.deletedVms
      .filter(({ vmId }) => planned.some(({ id }) => id === vmId))
      .map(({ vmId, atUtc }) => ({ vm: vmId, at: atUtc })),
    ...auditRollouts(rollouts),
    ...(outcomes !== null && { outcomes }),
    trail: await trailOf(host, rollouts),
    freezes,
    // Nothing is on its way while a virtual clock stands still.
    pollSeconds,
    onItsWaySeconds: pollSeconds,
    clockSkewSeconds: SKEW_MS_MAX / 1000,
  });
  const extra = new Extra();
  checkLiveness(own, isOver, untilUtc, extra);
  checkPauses(events, pauses, ownId, extra);
  checkPauses(events, otherHubs, ownId, extra, 'otherHub');
  for (const { vm, at, detail } of report.doubts) extra.broken.push({ invariant: 'log', vm, at, detail });
  const violations = report.violations.filter(
    (violation) => !isOfAnotherMachine(violation, owners.deletedVms),
  );
  return {
    violations: [...violations, ...extra.broken],
    evaluations: { ...report.evaluations, ...extra.evaluations },
    events,
    state: own?.state ?? 'none',
    installs: report.installs.rollout,
  };
}

/** A VM that was deleted before the first phase may have been missing when the plan was made; if it was not, it has its one outcome. */
function mayBeUnplanned({ atUtc }: DeletedVm, own: ReportedRollout | undefined): boolean {
  const planned = own?.phases.map(({ startedUtc }) => startedUtc).find((utc) => utc !== null);
  return planned !== undefined && atUtc <= planned;
}

class Extra {
  readonly broken: FoundViolation[] = [];
  readonly evaluations: Record<string, number> = { liveness: 0, pause: 0 };
}

/** The machine that came after a VM under its name is another one: it has its own patches to install. */
function isOfAnotherMachine({ invariant, vm, detail }: Violation, deletedVms: readonly DeletedVm[]): boolean {
  if (invariant !== 'INV-7' || !detail.includes('is installed again')) return false;
  return deletedVms.some(({ vmId, reimaged }) => reimaged && vmId === vm?.toLowerCase());
}

/** INV-8, the second half: faults have stopped, so the rollout has come to its end. */
function checkLiveness(own: ReportedRollout | undefined, isOver: boolean, at: string, extra: Extra): void {
  extra.evaluations['liveness'] = 1;
  if (isOver) return;
  const detail =
    own === undefined ? 'The rollout was never started.' : `It is still ${own.state} at the end.`;
  extra.broken.push({ invariant: 'liveness', vm: null, at, detail });
}

const WHY = {
  pause: 'an install starts although pausing was acknowledged at',
  otherHub: 'an install starts although the host that runs since is of another task hub:',
} as const;

const firstIdOf = (vm: string, moved: OwnerActions['moved']): string =>
  moved.find(({ to }) => to === vm)?.from ?? vm;

/** INV-9 as the operator sees it: between the answer to pause and the request to resume no install of the rollout starts. */
function checkPauses(
  events: readonly DriverEvent[],
  pauses: readonly Pause[],
  rolloutId: string,
  extra: Extra,
  invariant: keyof typeof WHY = 'pause',
): void {
  for (const { action, rolloutId: of, at, vm } of events) {
    if (action !== 'installStarted' || of !== rolloutId) continue;
    for (const { fromUtc, untilUtc } of pauses) {
      extra.evaluations['pause'] = (extra.evaluations['pause'] ?? 0) + 1;
      if (at > fromUtc && (untilUtc === null || at < untilUtc))
        extra.broken.push({
          invariant,
          vm,
          at,
          detail: `${WHY[invariant]} ${fromUtc}`,
        });
    }
  }
}

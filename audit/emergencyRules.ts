import type { AuditRollout, AuditTrailRow, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { Install } from './driverLog';
import { OffPeakWindows, type Window } from './offPeakWindows';
import { isSelected } from './selectVms';

/** INV-6: an emergency rollout starts nothing before an approver has said so. INV-17: it leaves alone what it was not asked for. */
export function checkEmergencies(
  installs: readonly Install[],
  rollouts: readonly AuditRollout[],
  facts: { readonly vms: readonly AuditVm[]; readonly trail?: readonly AuditTrailRow[] | undefined },
  findings: Findings,
): void {
  const emergencies = new Map(
    rollouts.flatMap(({ rolloutId, emergency }) => (emergency ? [[rolloutId, emergency] as const] : [])),
  );
  if (emergencies.size === 0) return;
  const vms = new Map(facts.vms.map((vm) => [vm.id.toLowerCase(), vm]));
  for (const { rolloutId, place, start } of installs) {
    const emergency = emergencies.get(rolloutId ?? '');
    if (rolloutId === null || emergency === undefined) continue;
    const vm = vms.get(place.vm.toLowerCase());
    findings.evaluated('INV-17');
    if (vm !== undefined && !isSelected(vm, emergency.selector))
      findings.violated('INV-17', place.vm, start, `${rolloutId} installs on it, and is for other VMs`);
    if (facts.trail === undefined) continue;
    findings.evaluated('INV-6');
    if (!facts.trail.some((row) => isApproval(row, rolloutId) && Date.parse(row.atUtc) <= start))
      findings.violated(
        'INV-6',
        place.vm,
        start,
        `${rolloutId} is an emergency, and was not approved by then`,
      );
  }
}

const isApproval = ({ what, subject, rolloutId }: AuditTrailRow, id: string): boolean =>
  rolloutId === id && what === 'approved' && subject === 'phase-1';

/** The off-peak hours of an installation's VM in its rollout. */
export type WindowsOf = (install: Install) => {
  /** The window an instant lies in; null when it is not off-peak then. */
  readonly at: (instant: number) => Window | null;
  /** Milliseconds of [start, end) that lie in no window. */
  readonly outside: (start: number, end: number) => number;
};

/** In an emergency those that a person asked for, where one did; else those of the fleet. */
export function windowsOfRollouts(
  fleets: OffPeakWindows,
  rollouts: readonly AuditRollout[],
  { from, until }: { readonly from: number; readonly until: number },
): WindowsOf {
  const asked = new Map(
    rollouts.flatMap(({ rolloutId, emergency }) =>
      emergency?.hours ? [[rolloutId, new OffPeakWindows(emergency.hours, from, until)] as const] : [],
    ),
  );
  return ({ rolloutId, place }) => {
    const own = asked.get(rolloutId ?? '');
    const windows = own ?? fleets;
    const hours = own === undefined ? place : { timeZone: place.timeZone, ownWindows: null };
    return {
      at: (instant) => windows.at(hours, instant),
      outside: (start, end) => windows.outside(hours, start, end),
    };
  };
}

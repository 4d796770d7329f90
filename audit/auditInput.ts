import type { DriverEvent } from '../drivers/driver';

/** What the auditor takes as true of a VM: facts of the fleet file, not conclusions of the app. Ids in any case. */
export interface AuditVm {
  readonly id: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySet: string | null;
  /** Null when the fleet does not say: then the driver's log does. */
  readonly updateDomain: number | null;
  readonly subscription: string;
  /** Windows name, as in `osProfile.windowsConfiguration.timeZone`. */
  readonly timeZone: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** Local off-peak hours, `HH:MM`. Equal times mean: always open. */
export interface OffPeak {
  readonly opens: string;
  readonly closes: string;
}

export interface SetShares {
  readonly setSharePercent: number;
  /** Sets of fewer VMs go one at a time. */
  readonly setOneByOneBelow: number;
}

/** What the rollout says of its phases; the driver's log is held against it. */
export interface AuditPhase {
  /** Absent when the log holds one rollout only. */
  readonly rolloutId?: string;
  readonly phase: number;
  readonly regions: readonly string[];
  readonly startedUtc: string | null;
  readonly endedUtc: string | null;
  /** Null while the gate behind this phase has not opened. */
  readonly gateOpenedUtc: string | null;
}

/** How the rollout says a VM ended. */
export interface AuditOutcome {
  readonly vm: string;
  readonly kind: string;
  readonly reason: string;
}

/** An operator took responsibility for a VM that is not healthy: from then on it holds its set no more. */
export interface AuditWaiver {
  readonly vm: string;
  readonly at: string;
}

export interface AuditInput {
  readonly events: Iterable<DriverEvent>;
  readonly vms: readonly AuditVm[];
  readonly offPeak: OffPeak;
  readonly shares: SetShares;
  /** An install that the log leaves open lasts until here. */
  readonly untilUtc: string;
  /** Tag that names a VM's time zone; `lowtide-timezone` when absent. */
  readonly timeZoneTag?: string;
  readonly waivers?: readonly AuditWaiver[];
  readonly phases?: readonly AuditPhase[];
  /** Of one rollout that has ended. */
  readonly outcomes?: readonly AuditOutcome[];
}

/** An AuditVm from any record that names its members as Lowtide's inventory does. */
export function auditVmOf(vm: {
  readonly id: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySetId: string | null;
  readonly updateDomain: number | null;
  readonly subscriptionId: string;
  readonly timeZone: string | null;
  readonly tags: Readonly<Record<string, string>>;
}): AuditVm {
  const { id, region, zone, updateDomain, timeZone, tags } = vm;
  return {
    id,
    region,
    zone,
    availabilitySet: vm.availabilitySetId,
    updateDomain,
    subscription: vm.subscriptionId,
    timeZone,
    tags,
  };
}

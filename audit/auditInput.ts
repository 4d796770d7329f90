import type { DriverEvent } from '../drivers/driver';
import type { ExtraRegion } from './regionFacts';
import type { AuditSelector } from './selectVms';

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
  /** `publisher:offer:sku`, lower-cased; absent or null when the fleet does not say. */
  readonly imageFamily?: string | null;
  /** `patchSettings.patchMode` as written; null when it is not. */
  readonly patchMode?: string | null;
  /** The platform's own updates are off, so that Lowtide is in charge whatever the patch mode. */
  readonly isInCharge?: boolean;
  /** IfRequired, Never or Always; absent when the fleet does not say. */
  readonly rebootSetting?: string;
  /** A schedule of its owner installs its patches. */
  readonly hasOwnSchedule?: boolean;
  /** Off when the log begins; absent when the fleet does not say. */
  readonly isOff?: boolean;
  /** Absent when the fleet does not say. */
  readonly agent?: AuditAgent;
}

/** What the fleet says of the VM's instance; null where it does not. */
export interface AuditInstance {
  readonly agentStatus: 'ready' | 'notReady' | null;
  readonly agentVersion: string | null;
}

/** The VM agent when the log begins. */
export interface AuditAgent {
  readonly isOfLinux: boolean;
  readonly isReady: boolean;
  /** As it reports it, such as 2.9.1.1. */
  readonly version: string | null;
}

/** How many VMs of an image family may meet a patch that has proven nothing, and how many times the proven ones after that. */
export interface Exposure {
  readonly first: number;
  readonly factor: number;
}

/** Local off-peak hours, `HH:MM`. Equal times mean: always open. */
export interface OffPeak {
  readonly opens: string;
  readonly closes: string;
}

/** Hours of VMs that have their own, by the day of the week on which they open. The first that fits counts. */
export interface AuditOwnWindows {
  readonly name: string;
  readonly selector: AuditSelector;
  readonly open: readonly (OffPeak & { readonly days?: readonly string[] })[];
}

/** How many VMs of an application may be down at once, wherever they are: a number, or a share such as `10%`. */
export interface AuditBudget {
  readonly name: string;
  readonly selector: AuditSelector;
  readonly max: number | string;
}

export interface AuditRing {
  readonly name: string;
  readonly selector: AuditSelector;
}

export interface SetShares {
  readonly setSharePercent: number;
  /** Sets of fewer VMs go one at a time. */
  readonly setOneByOneBelow: number;
  /** Of the standalone VMs of a subscription in a region; absent: nothing is said of them. */
  readonly standaloneSharePercent?: number;
}

/** What the rollout says of its phases; the driver's log is held against it. */
export interface AuditPhase {
  /** Absent when the log holds one rollout only. */
  readonly rolloutId?: string;
  readonly phase: number;
  /** Null or absent for a phase of regions. */
  readonly ring?: string | null | undefined;
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
  /** When that was written; absent: by the end of the audit. */
  readonly atUtc?: string;
}

/** A gate that did not open: a `halt` stops the whole rollout, a `hold` its region, until a person decides. */
export interface AuditHalt {
  readonly haltId: string;
  readonly kind: string;
  /** Null when the phase as a whole is concerned. */
  readonly region: string | null;
  /** What it stops where that is narrower: one image family, or one region. */
  readonly scope?: { readonly kind: string; readonly family?: string; readonly region?: string } | undefined;
  readonly atUtc: string;
  readonly decision: { readonly kind: string; readonly atUtc: string } | null;
}

/** What a rollout reports of itself, beside its phases and outcomes. */
export interface AuditRollout {
  readonly rolloutId: string;
  readonly state: string;
  /** Nothing of it may be in flight after this. */
  readonly endsUtc: string;
  /** Of an emergency rollout: the VMs that it is for, and off-peak hours that a person asked for, in the place of their own. */
  readonly emergency?:
    { readonly selector: AuditSelector; readonly hours: OffPeak | null } | null | undefined;
  readonly halts: readonly AuditHalt[];
}

/** A row of the app's own audit. */
export interface AuditTrailRow {
  readonly rolloutId: string;
  readonly atUtc: string;
  readonly what: string;
  readonly subject: string;
  readonly vmId: string | null;
  readonly evidence: JudgedEvidence;
}

/** What the rules read of the evidence of a row: another member is listed here first, and kept by whoever hands rows over. */
export interface JudgedEvidence {
  readonly operationId?: unknown;
  readonly scope?: unknown;
  readonly patched?: unknown;
}

/** An operator took responsibility for a VM that is not healthy: from then on it holds its set no more. */
export interface AuditWaiver {
  readonly vm: string;
  readonly at: string;
}

/** A person said that nothing starts on some VMs for a time: a freeze, or an exclusion. */
export interface AuditFreeze {
  readonly id: string;
  readonly kind: string;
  readonly selector: AuditSelector;
  /** `2026-12-20` (as an end the day is included), `2026-12-20T08:00`, or an instant. */
  readonly from: string;
  readonly to: string;
  /** Of times that are local, IANA or Windows; null for that of each VM. */
  readonly timeZone: string | null;
  /** When it was said as it is. */
  readonly sinceUtc: string;
  /** Null while it stands. */
  readonly liftedUtc: string | null;
}

export interface AuditInput {
  readonly events: Iterable<DriverEvent>;
  readonly vms: readonly AuditVm[];
  readonly offPeak: OffPeak;
  readonly ownWindows?: readonly AuditOwnWindows[];
  readonly shares: SetShares;
  readonly budgets?: readonly AuditBudget[];
  /** VMs that go before the others, in this order. */
  readonly rings?: readonly AuditRing[];
  /** Absent: nothing is said of exposure. */
  readonly exposure?: Exposure;
  /** An install that the log leaves open lasts until here. */
  readonly untilUtc: string;
  /** Tag that names a VM's time zone; `lowtide-timezone` when absent. */
  readonly timeZoneTag?: string;
  /** Regions that the auditor's tables lack. */
  readonly extraRegions?: readonly ExtraRegion[];
  readonly waivers?: readonly AuditWaiver[];
  readonly phases?: readonly AuditPhase[];
  /** Of one rollout that has ended. */
  readonly outcomes?: readonly AuditOutcome[];
  readonly rollouts?: readonly AuditRollout[];
  /** The whole audit of every rollout in the log. */
  readonly trail?: readonly AuditTrailRow[];
  /** How long a VM is watched after its install; absent: any healthy probe after it proves it, until the VM is stopped. */
  readonly soakSeconds?: number;
  /** How often a VM is assessed by the policy; absent: nothing is said of assessments. */
  readonly assessmentEverySeconds?: number;
  /** Tag that excludes a VM; `lowtide-exclude` when absent. */
  readonly excludeTag?: string;
  /** VMs that their owners changed meanwhile: what the fleet says of their settings does not hold all the time. */
  readonly changedByOwner?: readonly string[];
  readonly freezes?: readonly AuditFreeze[];
  /** So long after a halt an install may still start: one poll of the rollout's state; 300 when absent. */
  readonly pollSeconds?: number;
  /** So long after a pause or a freeze an install may still start: the request that was on its way; 0 when absent. */
  readonly onItsWaySeconds?: number;
  /** By so much a host's clock, which an outcome is dated with, may be off the driver's; 0 when absent. */
  readonly clockSkewSeconds?: number;
}

/** A record that names its members as Lowtide's inventory does. */
export interface VmFacts {
  readonly id: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySetId: string | null;
  readonly updateDomain: number | null;
  readonly subscriptionId: string;
  readonly timeZone: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly isOff?: boolean;
  readonly patchMode?: string | null;
  readonly control?: { readonly kind: string };
  readonly rebootSetting?: string;
  readonly customerManagedSchedule?: boolean;
  readonly image?: { readonly publisher: string; readonly offer: string; readonly sku: string } | null;
  readonly osType?: string | null;
  readonly instance?: AuditInstance;
}

export function auditVmOf(vm: VmFacts, instance: AuditInstance | undefined = vm.instance): AuditVm {
  const { id, region, zone, updateDomain, timeZone, tags } = vm;
  const agent = agentOf(vm, instance);
  return {
    id,
    region,
    zone,
    availabilitySet: vm.availabilitySetId,
    updateDomain,
    subscription: vm.subscriptionId,
    timeZone,
    tags,
    isOff: vm.isOff ?? false,
    patchMode: vm.patchMode ?? null,
    isInCharge: vm.control?.kind === 'inCharge',
    ...(vm.rebootSetting !== undefined && { rebootSetting: vm.rebootSetting }),
    hasOwnSchedule: vm.customerManagedSchedule ?? false,
    imageFamily: vm.image ? `${vm.image.publisher}:${vm.image.offer}:${vm.image.sku}`.toLowerCase() : null,
    ...(agent !== null && { agent }),
  };
}

/** Of the few VMs of which the fleet says something else than that it is ready. */
function agentOf({ osType }: VmFacts, instance: AuditInstance | undefined): AuditAgent | null {
  if (instance === undefined) return null;
  const { agentStatus, agentVersion } = instance;
  if (agentStatus !== 'notReady' && agentVersion === null) return null;
  return { isOfLinux: osType === 'Linux', isReady: agentStatus !== 'notReady', version: agentVersion };
}

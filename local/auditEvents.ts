import { auditVmOf, type AuditInput, type AuditInstance, type VmFacts } from '../audit/auditInput';
import { auditMonth } from '../audit/auditMonth';
import type { AuditReport } from '../audit/auditReport';
import { extraRegionsOf } from '../composition/settingProblems';
import type { Policy } from '../domain/policy';
import type { DriverEvent } from '../drivers/driver';

/** The VMs, and what the file says of those that ran when it was written. */
export interface AuditedFleet {
  readonly vms: readonly VmFacts[];
  readonly instances?: ReadonlyMap<string, AuditInstance>;
}

/** An audit goes on until the last event, at least. */
const UNTIL_ITS_END = new Date(0).toISOString();

/** The auditor's report on what a driver's log says happened to a fleet. */
export function auditEvents(
  events: Iterable<DriverEvent>,
  { vms, instances }: AuditedFleet,
  policy: Policy,
  rollout: Partial<
    Pick<AuditInput, 'phases' | 'rollouts' | 'outcomes' | 'trail' | 'freezes' | 'untilUtc' | 'changedByOwner'>
  > = {},
): AuditReport {
  const {
    offPeakOpens,
    offPeakCloses,
    setSharePercent,
    setOneByOneBelow,
    standaloneSharePercent,
    timeZoneTag,
  } = policy;
  const exposure = { first: policy.evidenceFirst, factor: policy.evidenceFactor };
  return auditMonth({
    events,
    vms: vms.map((vm) => auditVmOf(vm, instances?.get(vm.id))),
    offPeak: { opens: offPeakOpens, closes: offPeakCloses },
    ownWindows: policy.ownWindows,
    budgets: policy.budgets,
    rings: policy.rings,
    shares: { setSharePercent, setOneByOneBelow, standaloneSharePercent },
    exposure,
    timeZoneTag,
    soakSeconds: policy.soakSeconds,
    assessmentEverySeconds: policy.assessmentEverySeconds,
    excludeTag: policy.excludeTag,
    extraRegions: extraRegionsOf(policy.extraRegions),
    untilUtc: UNTIL_ITS_END,
    ...rollout,
  });
}

import { auditVmOf, type AuditAgent, type AuditInput } from '../audit/auditInput';
import { auditMonth } from '../audit/auditMonth';
import type { AuditReport } from '../audit/auditReport';
import { extraRegionsOf } from '../composition/settingProblems';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { DriverEvent } from '../drivers/driver';
import type { ImportedInstance } from '../drivers/fleet/vmRecord';

/** The VMs, and what the file says of those that ran when it was written. */
export interface AuditedFleet {
  readonly vms: readonly (Parameters<typeof auditVmOf>[0] & Pick<VirtualMachine, 'osType'>)[];
  readonly instances?: ReadonlyMap<string, Pick<ImportedInstance, 'agentStatus' | 'agentVersion'>>;
}

/** Of the few VMs whose file says something else of the agent than that it is ready. */
function agentOf(
  { id, osType }: AuditedFleet['vms'][number],
  instances: AuditedFleet['instances'],
): AuditAgent | undefined {
  const instance = instances?.get(id);
  if (instance === undefined) return undefined;
  const { agentStatus, agentVersion } = instance;
  if (agentStatus !== 'notReady' && agentVersion === null) return undefined;
  return { isOfLinux: osType === 'Linux', isReady: agentStatus !== 'notReady', version: agentVersion };
}

/** The auditor's report on what a driver's log says happened to a fleet. */
export function auditEvents(
  events: readonly DriverEvent[],
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
    vms: vms.map((vm) => {
      const judged = auditVmOf(vm);
      const agent = agentOf(vm, instances);
      return agent === undefined ? judged : { ...judged, agent };
    }),
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
    untilUtc: events.at(-1)?.at ?? new Date(0).toISOString(),
    ...rollout,
  });
}

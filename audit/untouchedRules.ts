import type { DriverAction } from '../drivers/driver';
import type { AuditInput, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { DriverLog } from './driverLog';
import type { FleetFacts } from './fleetFacts';

const EXCLUDE_TAG = 'lowtide-exclude';

/**
 * INV-17: a VM is left alone against the word of its owner: no rollout installs on one that is excluded, in the hands of its own schedule or in a
 * patch mode that leaves its patches to others, none assesses one that is excluded, and none reboots one whose setting is Never. By the
 * facts of the fleet file, under whatever id the VM has since; one whose owner changed it meanwhile is not judged.
 */
export function checkUntouched(
  { events }: Pick<DriverLog, 'events'>,
  fleet: Pick<FleetFacts, 'firstIdOf'>,
  { vms, excludeTag = EXCLUDE_TAG, changedByOwner = [] }: AuditInput,
  findings: Findings,
): void {
  const changed = new Set(changedByOwner.map((id) => fleet.firstIdOf(id)));
  const facts = new Map(vms.map((vm) => [vm.id.toLowerCase(), vm]));
  const inRollout = new Set<string>();
  for (const { at, event } of events) {
    if (!TOUCHES.has(event.action)) continue;
    const key = fleet.firstIdOf(event.vm);
    const vm = facts.get(key);
    if (vm === undefined || changed.has(key)) continue;
    const isRollouts = event.rolloutId !== null;
    if (event.action === 'installStarted' && isRollouts && event.operationId !== null)
      inRollout.add(event.operationId);
    const why = forbidden(vm, excludeTag, {
      installs: event.action === 'installStarted' && isRollouts,
      assesses: event.action === 'assessmentStarted',
      reboots: event.action === 'rebootStarted' && (isRollouts || inRollout.has(event.operationId ?? '')),
    });
    if (why === undefined) continue;
    findings.evaluated('INV-17');
    if (why !== null) findings.violated('INV-17', vm.id, at, why);
  }
}

/** The log is long: only these are looked into. */
const TOUCHES: ReadonlySet<DriverAction> = new Set(['installStarted', 'assessmentStarted', 'rebootStarted']);

interface Touch {
  readonly installs: boolean;
  readonly assesses: boolean;
  readonly reboots: boolean;
}

/** Undefined when nothing was touched; null when nothing forbids it. */
function forbidden(vm: AuditVm, excludeTag: string, touch: Touch): string | null | undefined {
  if (!touch.installs && !touch.assesses && !touch.reboots) return undefined;
  if ((touch.installs || touch.assesses) && isExcluded(vm, excludeTag))
    return `it is ${touch.installs ? 'installed on' : 'assessed'} although its tag ${excludeTag} is true`;
  if (touch.installs && vm.hasOwnSchedule === true)
    return 'a rollout installs on it although a schedule of its owner does';
  if (touch.installs && isOfOthers(vm))
    return `a rollout installs on it although its patch mode is ${vm.patchMode ?? 'not set'}`;
  if (touch.reboots && vm.rebootSetting === 'Never')
    return 'it is rebooted although its reboot setting is Never';
  return null;
}

/** A mode that is not set is AutomaticByOS or ImageDefault. */
function isOfOthers({ patchMode, isInCharge }: AuditVm): boolean {
  return patchMode !== undefined && isInCharge !== true && patchMode?.toLowerCase() !== 'automaticbyplatform';
}

function isExcluded({ tags }: AuditVm, excludeTag: string): boolean {
  const tag = Object.entries(tags).find(([name]) => name.toLowerCase() === excludeTag.toLowerCase());
  return tag?.[1].trim().toLowerCase() === 'true';
}

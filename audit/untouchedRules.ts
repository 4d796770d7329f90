import type { DriverAction, DriverEvent } from '../drivers/driver';
import type { AuditInput, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { EventReader } from './driverLog';
import type { FleetFacts } from './fleetFacts';

const EXCLUDE_TAG = 'lowtide-exclude';

/** How often a VM was touched, and when that was forbidden. */
interface Touched {
  count: number;
  readonly forbidden: { readonly at: number; readonly why: string }[];
}

/**
 * INV-17: a VM is left alone against the word of its owner: no rollout installs on one that is excluded, in the hands of its own schedule or in a
 * patch mode that leaves its patches to others, none assesses one that is excluded, and none reboots one whose setting is Never. By the
 * facts of the fleet file, under whatever id the VM has since; one whose owner changed it meanwhile is not judged.
 */
export class UntouchedRule implements EventReader {
  readonly #vms: ReadonlyMap<string, AuditVm>;
  readonly #touched = new Map<AuditVm, Touched>();
  readonly #inRollout = new Set<string>();
  readonly #fleet: Pick<FleetFacts, 'firstIdOf'>;
  readonly #input: Pick<AuditInput, 'excludeTag' | 'changedByOwner'>;

  constructor(fleet: Pick<FleetFacts, 'firstIdOf'>, input: AuditInput) {
    this.#fleet = fleet;
    this.#input = input;
    this.#vms = new Map(input.vms.map((vm) => [vm.id.toLowerCase(), vm]));
  }

  read(at: number, event: DriverEvent): void {
    const { action, operationId } = event;
    if (!TOUCHES.has(action)) return;
    const vm = this.#vms.get(this.#fleet.firstIdOf(event.vm));
    if (vm === undefined) return;
    const isRollouts = event.rolloutId !== null;
    if (action === 'installStarted' && isRollouts && operationId !== null) this.#inRollout.add(operationId);
    const why = forbidden(vm, this.#input.excludeTag ?? EXCLUDE_TAG, {
      installs: action === 'installStarted' && isRollouts,
      assesses: action === 'assessmentStarted',
      reboots: action === 'rebootStarted' && (isRollouts || this.#inRollout.has(operationId ?? '')),
    });
    if (why === undefined) return;
    const touched = this.#touched.get(vm) ?? { count: 0, forbidden: [] };
    touched.count += 1;
    if (why !== null) touched.forbidden.push({ at, why });
    this.#touched.set(vm, touched);
  }

  /** When the whole log was read: which VM was changed by its owner is known by the id that it has by then. */
  check(findings: Findings): void {
    const { changedByOwner = [] } = this.#input;
    const changed = new Set(changedByOwner.map((id) => this.#fleet.firstIdOf(id)));
    for (const [vm, { count, forbidden: found }] of this.#touched) {
      if (changed.has(vm.id.toLowerCase())) continue;
      findings.evaluated('INV-17', count);
      for (const { at, why } of found) findings.violated('INV-17', vm.id, at, why);
    }
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

import type { VmId } from '../../domain/ids';
import type { ArmResource } from '../../drivers/fleet/armModel';
import type { SimulatedDriver } from '../../drivers/simulated/simulatedDriver';
import { randomOf, type FaultKind, type Faults } from './faults';
import { BUDGET_TAG } from './fleetShapes';
import { MINUTE_MS } from '../../domain/timeUnits';

interface OwnerAction {
  readonly dueMs: number;
  readonly kind: FaultKind;
  readonly vmId: VmId;
  /** How often it still comes or goes. */
  readonly times?: number;
}

/** A VM that was deleted: from then on it holds up nothing. A new machine under its name is another one. */
/** A VM that has another id since: it is the same machine. */
export interface MovedVm {
  readonly from: VmId;
  readonly to: VmId;
}

export interface DeletedVm {
  readonly vmId: VmId;
  readonly atUtc: string;
  readonly reimaged: boolean;
}

/** After a deletion was asked for, until the VM is surely gone. */
const DELETION_MS = 4 * MINUTE_MS;
const ACTIONS_MAX = 12;
/** A VM that comes and goes does so so often, and stays so long each time. */
const TURNS = 6;
const TURN_MINUTES_MAX = 90;

const ACTION_KINDS: readonly FaultKind[] = [
  'vmRetagged',
  'vmCreated',
  'vmMoved',
  'vmReimaged',
  'vmDeleted',
  'vmPoweredOff',
  'vmComesAndGoes',
];

/** How often the owner interferes while an installation runs, as a share of the installations. */
const DURING_INSTALL: readonly (readonly [FaultKind, number])[] = [
  ['vmPoweredOff', 0.008],
  ['vmRestarted', 0.008],
  ['vmDeleted', 0.004],
];

/** Counted when they were done. */
const COUNTED_WHEN_DONE: ReadonlySet<FaultKind> = new Set<FaultKind>(['vmDeleted', 'vmMoved', 'vmReimaged']);

/** What the owners of VMs do to them while Lowtide patches, at seeded times and in the middle of installations. */
export class OwnerActions {
  readonly deletedVms: DeletedVm[] = [];
  readonly moved: MovedVm[] = [];
  /** VMs that were not in the fleet. */
  readonly created: string[] = [];
  /** VMs whose tags were changed: from then on they may be excluded, or not any more. */
  readonly retagged: VmId[] = [];
  #actions: OwnerAction[] = [];
  readonly #duringInstall: () => FaultKind | null;
  readonly #random: () => number;
  #busy = false;

  readonly #driver: SimulatedDriver;
  readonly #faults: Faults;
  readonly #nowMs: () => number;

  constructor(
    driver: SimulatedDriver,
    faults: Faults,
    nowMs: () => number,
    vmIds: readonly VmId[],
    span: { readonly fromMs: number; readonly toMs: number },
  ) {
    this.#driver = driver;
    this.#faults = faults;
    this.#nowMs = nowMs;

    this.#duringInstall = faults.stream('meddling', DURING_INSTALL);
    this.#random = randomOf(faults.seed, 'vm life');
    const count = Math.floor(this.#random() * (ACTIONS_MAX + 1) * faults.intensity);
    for (let n = 0; n < count; n += 1) {
      const vmId = vmIds[Math.floor(this.#random() * vmIds.length)];
      const kind = ACTION_KINDS[Math.floor(this.#random() * ACTION_KINDS.length)];
      const dueMs = span.fromMs + this.#random() ** 2 * (span.toMs - span.fromMs);
      if (vmId !== undefined && kind !== undefined) this.#actions.push({ dueMs, kind, vmId });
    }
  }

  installStarted(vmId: VmId): void {
    const kind = this.#duringInstall();
    if (kind !== null)
      this.#actions.push({ dueMs: this.#nowMs() + (1 + this.#random() * 25) * MINUTE_MS, kind, vmId });
  }

  /** Does what is due. Called before each call of the driver: for the app there is no difference from its having happened at its own time. */
  async passTime(): Promise<void> {
    if (this.#busy || this.#actions.length === 0) return;
    const nowMs = this.#nowMs();
    const due = this.#actions.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return;
    this.#actions = this.#actions.filter(({ dueMs }) => dueMs > nowMs);
    this.#busy = true;
    for (const action of due.sort((a, b) => a.dueMs - b.dueMs)) await this.#carryOut(action, nowMs);
    this.#busy = false;
  }

  async #carryOut({ kind, vmId, times = TURNS }: OwnerAction, nowMs: number): Promise<void> {
    const resource = this.#driver.resources.virtualMachine(vmId);
    if (!this.#faults.armed || !this.#faults.allows(kind)) return;
    const recreated = this.deletedVms.find((one) => one.vmId === vmId);
    if (resource === null) {
      if (kind === 'vmReimaged' && recreated?.reimaged === true) await this.#create(vmId);
      return;
    }
    if (!COUNTED_WHEN_DONE.has(kind)) this.#faults.count(kind);
    const { model, vm } = resource;
    if (kind === 'vmComesAndGoes') await this.#comeOrGo(vmId, times, nowMs);
    else if (kind === 'vmPoweredOff') await this.#driver.power(vmId, 'powerOff');
    else if (kind === 'vmRestarted') await this.#driver.power(vmId, 'restart');
    else if (kind === 'vmRetagged') {
      this.retagged.push(vmId);
      await this.#driver.resources.putVirtualMachine({ ...model, tags: this.#newTags(model['tags']) });
    } else if (kind === 'vmCreated') await this.#putTwin(model, vmId, (id) => `${id}-twin`);
    else if (kind === 'vmMoved') await this.#move(vmId, vm.armId);
    // A second machine under a name would be two for readers of the log that go by names.
    else if (recreated === undefined) await this.#remove(vmId, kind, vm.availabilitySetId !== null, nowMs);
  }

  /** To another resource group: the same GUID under another id (ADR 18). Azure refuses it for members of sets, and while something is installed. */
  async #move(from: VmId, armId: string): Promise<void> {
    const to = armId.replace(/\/resourceGroups\/[^/]+/i, '$&-moved');
    const done = await this.#driver.resources.moveVirtualMachine(from, to);
    if (done === null) return;
    this.moved.push({ from, to: done.id });
    this.#faults.count('vmMoved');
  }

  /** A standalone VM like this one under another id: it was in no plan, so it takes its turn with the second chances. */
  async #putTwin(model: ArmResource, vmId: VmId, idOf: (id: string) => string): Promise<void> {
    const properties = { ...(model['properties'] as Record<string, unknown>) };
    Reflect.deleteProperty(properties, 'availabilitySet');
    const id = idOf(typeof model['id'] === 'string' ? model['id'] : vmId);
    const twin = { ...model, id, name: id.slice(id.lastIndexOf('/') + 1), properties };
    this.created.push((await this.#driver.resources.putVirtualMachine(twin)).id);
  }

  async #comeOrGo(vmId: VmId, times: number, nowMs: number): Promise<void> {
    await this.#driver.power(vmId, times % 2 === 0 ? 'powerOff' : 'start');
    if (times <= 1) return;
    const dueMs = nowMs + (1 + this.#random() * TURN_MINUTES_MAX) * MINUTE_MS;
    this.#actions.push({ dueMs, kind: 'vmComesAndGoes', vmId, times: times - 1 });
  }

  #newTags(before: unknown): Record<string, string> {
    // Not its time zone, nor the application of its budget: the auditor holds a VM to one for the whole month.
    const app = (before as Readonly<Record<string, string>> | null)?.[BUDGET_TAG];
    const kept: Record<string, string> = app === undefined ? {} : { [BUDGET_TAG]: app };
    return this.#random() < 0.5 ? { ...kept, 'lowtide-exclude': 'true' } : { ...kept, team: 'torture' };
  }

  readonly #models = new Map<VmId, ArmResource>();

  async #remove(vmId: VmId, kind: FaultKind, inSet: boolean, nowMs: number): Promise<void> {
    const model = this.#driver.resources.virtualMachine(vmId)?.model;
    const reimaged = kind === 'vmReimaged' && !inSet && model !== undefined;
    const counted = reimaged ? 'vmReimaged' : 'vmDeleted';
    await this.#driver.resources.deleteVirtualMachine(vmId);
    const backMs = nowMs + DELETION_MS;
    this.deletedVms.push({ vmId, atUtc: new Date(backMs).toISOString(), reimaged });
    this.#faults.count(counted);
    if (!reimaged) return;
    this.#models.set(vmId, model);
    this.#actions.push({ dueMs: backMs, kind: 'vmReimaged', vmId });
  }

  async #create(vmId: VmId): Promise<void> {
    const model = this.#models.get(vmId);
    if (model !== undefined) await this.#driver.resources.putVirtualMachine(model);
  }
}

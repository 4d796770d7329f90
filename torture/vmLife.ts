import type { VmId } from '../domain/ids';
import type { ArmResource } from '../drivers/fleet/armModel';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import { diceOf, type FaultKind, type Faults } from './faults';

interface Deed {
  readonly dueMs: number;
  readonly kind: FaultKind;
  readonly vmId: VmId;
}

/** A VM that is gone; since then it can hold nobody. A new machine under its name remembers nothing of it. */
export interface Gone {
  readonly vmId: VmId;
  readonly atUtc: string;
  readonly reimaged: boolean;
}

const MINUTE_MS = 60_000;
/** After a deletion was asked for, until the VM is surely gone. */
const DELETION_MS = 4 * MINUTE_MS;
const DEEDS_MAX = 10;

/** So often, of installations that start, the owner pulls the plug in the middle of it. */
const MEDDLING: readonly (readonly [FaultKind, number])[] = [
  ['vmPoweredOff', 0.008],
  ['vmRestarted', 0.008],
  ['vmDeleted', 0.004],
];

/** What owners do to their VMs behind our back, at seeded times and in the middle of installations. */
export class VmLife {
  readonly gone: Gone[] = [];
  /** VMs that were not in the fleet. */
  readonly created: string[] = [];
  private deeds: Deed[] = [];
  private readonly meddle: () => FaultKind | null;
  private readonly dice: () => number;
  private busy = false;

  constructor(
    private readonly driver: SimulatedDriver,
    private readonly faults: Faults,
    private readonly nowMs: () => number,
    vmIds: readonly VmId[],
    span: { readonly fromMs: number; readonly toMs: number },
  ) {
    this.meddle = faults.stream('meddling', MEDDLING);
    this.dice = diceOf(faults.seed, 'vm life');
    const count = Math.floor(this.dice() * (DEEDS_MAX + 1) * faults.intensity);
    const kinds = ['vmRetagged', 'vmCreated', 'vmReimaged', 'vmDeleted', 'vmPoweredOff'] as const;
    for (let n = 0; n < count; n += 1) {
      const vmId = vmIds[Math.floor(this.dice() * vmIds.length)];
      const kind = kinds[Math.floor(this.dice() * kinds.length)];
      const dueMs = span.fromMs + this.dice() ** 2 * (span.toMs - span.fromMs);
      if (vmId !== undefined && kind !== undefined) this.deeds.push({ dueMs, kind, vmId });
    }
  }

  installStarted(vmId: VmId): void {
    const kind = this.meddle();
    if (kind !== null)
      this.deeds.push({ dueMs: this.nowMs() + (1 + this.dice() * 25) * MINUTE_MS, kind, vmId });
  }

  /** Does what is due. Called before each call of the driver: nobody can tell it from having happened at its own time. */
  async passTime(): Promise<void> {
    if (this.busy || this.deeds.length === 0) return;
    const nowMs = this.nowMs();
    const due = this.deeds.filter(({ dueMs }) => dueMs <= nowMs);
    if (due.length === 0) return;
    this.deeds = this.deeds.filter(({ dueMs }) => dueMs > nowMs);
    this.busy = true;
    for (const deed of due.sort((a, b) => a.dueMs - b.dueMs)) await this.carryOut(deed, nowMs);
    this.busy = false;
  }

  private async carryOut({ kind, vmId }: Deed, nowMs: number): Promise<void> {
    const resource = this.driver.resources.virtualMachine(vmId);
    if (!this.faults.armed || !this.faults.allows(kind)) return;
    const recreated = this.gone.find((one) => one.vmId === vmId);
    if (resource === null) {
      if (kind === 'vmReimaged' && recreated?.reimaged === true) await this.create(vmId);
      return;
    }
    if (kind !== 'vmDeleted' && kind !== 'vmReimaged') this.faults.count(kind);
    const { model, vm } = resource;
    if (kind === 'vmPoweredOff') await this.driver.power(vmId, 'powerOff');
    else if (kind === 'vmRestarted') await this.driver.power(vmId, 'restart');
    else if (kind === 'vmRetagged')
      await this.driver.resources.putVirtualMachine({ ...model, tags: this.newTags() });
    else if (kind === 'vmCreated')
      this.created.push((await this.driver.resources.putVirtualMachine(twinOf(model, vmId))).id);
    // A second machine under a name would be two for those who read the log by names.
    else if (recreated === undefined) await this.remove(vmId, kind, vm.availabilitySetId !== null, nowMs);
  }

  private newTags(): Record<string, string> {
    // Not its time zone: the auditor holds a VM to one for the whole month.
    return this.dice() < 0.5 ? { 'lowtide-exclude': 'true' } : { team: 'torture' };
  }

  private readonly models = new Map<VmId, ArmResource>();

  private async remove(vmId: VmId, kind: FaultKind, inSet: boolean, nowMs: number): Promise<void> {
    const model = this.driver.resources.virtualMachine(vmId)?.model;
    const reimaged = kind === 'vmReimaged' && !inSet && model !== undefined;
    await this.driver.resources.deleteVirtualMachine(vmId);
    const backMs = nowMs + DELETION_MS;
    this.gone.push({ vmId, atUtc: new Date(backMs).toISOString(), reimaged });
    this.faults.count(reimaged ? 'vmReimaged' : 'vmDeleted');
    if (!reimaged) return;
    this.models.set(vmId, model);
    this.deeds.push({ dueMs: backMs, kind: 'vmReimaged', vmId });
  }

  private async create(vmId: VmId): Promise<void> {
    const model = this.models.get(vmId);
    if (model !== undefined) await this.driver.resources.putVirtualMachine(model);
  }
}

/** A standalone VM like this one: it was in no plan, so it has to wait for the next month. */
function twinOf(model: ArmResource, vmId: VmId): ArmResource {
  const properties = { ...(model['properties'] as Record<string, unknown>) };
  Reflect.deleteProperty(properties, 'availabilitySet');
  return {
    ...model,
    id: `${typeof model['id'] === 'string' ? model['id'] : vmId}-twin`,
    name: `${typeof model['name'] === 'string' ? model['name'] : ''}-twin`,
    properties,
  };
}

import type { AuditBudget, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { Health, Install } from './driverLog';
import type { Place } from './fleetFacts';
import { isSelected } from './selectVms';

interface BudgetNow {
  readonly name: string;
  readonly size: number;
  readonly max: number;
  /** VMs being disrupted. */
  readonly down: Set<string>;
  /** Members that are off, and since when. */
  readonly off: Map<string, number>;
  /** Members of which the last probe said that they are unhealthy. */
  readonly unhealthy: Set<string>;
}

/** A budget of more members is looked at in turn: a member of it that is off has been seen after so long. */
const LOOKED_AT_WHOLE_MAX = 500;
const LOOKED_AT_IN_TURN_MS = 6 * 3_600_000;

/** INV-15: how many VMs of an application may be down at once, across regions, zones and sets; those that are off or unhealthy by themselves count. */
export class BudgetRules {
  readonly #budgetsOf = new Map<string, BudgetNow[]>();
  readonly #lookMs: number;
  readonly #findings: Findings;

  /** `lookMs`: a VM that is off for so long has been seen to be. */
  constructor(vms: readonly AuditVm[], budgets: readonly AuditBudget[], lookMs: number, findings: Findings) {
    this.#lookMs = lookMs;
    this.#findings = findings;
    for (const { name, selector, max } of budgets) {
      const own = vms.filter((vm) => isSelected(vm, selector));
      const limit =
        typeof max === 'number'
          ? max
          : Math.max(1, Math.floor((own.length * Number.parseInt(max, 10)) / 100));
      const budget: BudgetNow = {
        name,
        size: own.length,
        max: limit,
        down: new Set(),
        off: new Map(),
        unhealthy: new Set(),
      };
      for (const vm of own) {
        const key = vm.id.toLowerCase();
        this.#budgetsOf.set(key, [...(this.#budgetsOf.get(key) ?? []), budget]);
        if (vm.isOff === true) budget.off.set(key, -Infinity);
      }
    }
  }

  started({ place, start }: Install): void {
    for (const budget of this.#of(place)) {
      const { name, size, max, down, unhealthy } = budget;
      down.add(keyOf(place));
      unhealthy.delete(keyOf(place)); // from now on it counts as disrupted
      this.#findings.evaluated('INV-15');
      const byThemselves = this.#downByThemselves(budget, start);
      if (down.size + byThemselves <= max) continue;
      const and = byThemselves === 0 ? '' : `, ${byThemselves} more are off or unhealthy`;
      this.#findings.violated(
        'INV-15',
        place.vm,
        start,
        `${down.size} of the ${size} VMs of budget ${name} are down${and}: at most ${max} may be`,
      );
    }
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place }: Install, last: boolean): void {
    if (last) for (const { down } of this.#of(place)) down.delete(keyOf(place));
  }

  probed(place: Place, health: Health): void {
    for (const { unhealthy } of this.#of(place))
      if (health === 'unhealthy') unhealthy.add(keyOf(place));
      else unhealthy.delete(keyOf(place));
  }

  stopped(place: Place, at: number): void {
    for (const { off, unhealthy } of this.#of(place)) {
      unhealthy.delete(keyOf(place));
      if (!off.has(keyOf(place))) off.set(keyOf(place), at);
    }
  }

  poweredOn(place: Place): void {
    for (const { off } of this.#of(place)) off.delete(keyOf(place));
  }

  /** A VM that is not there any more is none of the budget's. */
  deleted(place: Place): void {
    this.poweredOn(place);
    for (const { unhealthy } of this.#of(place)) unhealthy.delete(keyOf(place));
  }

  #downByThemselves({ size, down, off, unhealthy }: BudgetNow, at: number): number {
    const seenMs = this.#lookMs + (size > LOOKED_AT_WHOLE_MAX ? LOOKED_AT_IN_TURN_MS : 0);
    let count = [...unhealthy].filter((key) => !down.has(key)).length;
    for (const [key, since] of off) if (at - since > seenMs && !down.has(key)) count += 1;
    return count;
  }

  #of(place: Place): readonly BudgetNow[] {
    return this.#budgetsOf.get(keyOf(place)) ?? [];
  }
}

const keyOf = ({ vm }: Place): string => vm.toLowerCase();

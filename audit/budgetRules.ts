import type { AuditBudget, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { Install } from './driverLog';
import type { Place } from './fleetFacts';
import { isSelected } from './selectVms';

interface BudgetNow {
  readonly name: string;
  readonly size: number;
  readonly max: number;
  readonly down: Set<Place>;
}

/** INV-15: how many VMs of an application may be disrupted at once, across regions, zones and sets. */
export class BudgetRules {
  readonly #budgetsOf = new Map<string, BudgetNow[]>();
  readonly #findings: Findings;

  constructor(vms: readonly AuditVm[], budgets: readonly AuditBudget[], findings: Findings) {
    this.#findings = findings;
    for (const { name, selector, max } of budgets) {
      const own = vms.filter((vm) => isSelected(vm, selector));
      const limit =
        typeof max === 'number'
          ? max
          : Math.max(1, Math.floor((own.length * Number.parseInt(max, 10)) / 100));
      const budget: BudgetNow = { name, size: own.length, max: limit, down: new Set() };
      for (const { id } of own)
        this.#budgetsOf.set(id.toLowerCase(), [...(this.#budgetsOf.get(id.toLowerCase()) ?? []), budget]);
    }
  }

  started({ place, start }: Install): void {
    for (const { name, size, max, down } of this.#of(place)) {
      down.add(place);
      this.#findings.evaluated('INV-15');
      if (down.size > max)
        this.#findings.violated(
          'INV-15',
          place.vm,
          start,
          `${down.size} of the ${size} VMs of budget ${name} are down: at most ${max} may be`,
        );
    }
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place }: Install, last: boolean): void {
    if (last) for (const { down } of this.#of(place)) down.delete(place);
  }

  #of({ vm }: Place): readonly BudgetNow[] {
    return this.#budgetsOf.get(vm.toLowerCase()) ?? [];
  }
}

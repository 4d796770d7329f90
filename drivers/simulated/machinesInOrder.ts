import type { Machine } from './machine/machine';
import type { FleetState } from './simulatedFleet';

/** The VMs of a fleet in the order of their ids, for paging. They are sorted anew when one was made. */
export class MachinesInOrder {
  readonly #fleet: FleetState;
  #sorted: readonly Machine[] = [];
  /** Of how many machines, those included that are gone. */
  #sortedOf = NaN;

  constructor(fleet: FleetState) {
    this.#fleet = fleet;
  }

  /** Those behind a cursor, and the cursor of what is behind them. */
  page(cursor: string | null, size: number): { machines: readonly Machine[]; next: string | null } {
    const all = this.#all();
    const from = cursor === null ? 0 : firstAfter(all, cursor);
    const machines = all.slice(from, from + size);
    return { machines, next: from + size < all.length ? (machines.at(-1)?.vm.id ?? null) : null };
  }

  #all(): readonly Machine[] {
    const { machines, everyMachine } = this.#fleet;
    if (this.#sortedOf !== everyMachine.length) {
      this.#sorted = [...machines.values()].sort((a, b) => (a.vm.id < b.vm.id ? -1 : 1));
      this.#sortedOf = everyMachine.length;
    }
    return this.#sorted;
  }
}

function firstAfter(machines: readonly Machine[], cursor: string): number {
  let low = 0;
  let high = machines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((machines[middle]?.vm.id ?? '') <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}

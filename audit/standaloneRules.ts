import type { Findings } from './auditReport';
import type { Install } from './driverLog';
import type { FleetFacts, Place } from './fleetFacts';

/** INV-15: how many of the standalone VMs that a subscription has in a region may be disrupted at once. */
export class StandaloneRules {
  readonly #down = new Map<string, Set<Place>>();

  readonly #fleet: FleetFacts;
  readonly #percent: number;
  readonly #findings: Findings;

  constructor(fleet: FleetFacts, percent: number, findings: Findings) {
    this.#fleet = fleet;
    this.#percent = percent;
    this.#findings = findings;
  }

  started({ place, start }: Install): void {
    if (place.set !== null) return;
    const down = this.#downWith(place);
    down.add(place);
    this.#findings.evaluated('INV-15');
    const size = this.#fleet.standaloneCount(place);
    const max = Math.max(1, Math.floor((size * this.#percent) / 100));
    if (down.size <= max) return;
    this.#findings.violated(
      'INV-15',
      place.vm,
      start,
      `${down.size} of the ${size} standalone VMs of ${place.subscription} in ${place.region} are down: at most ${max} may be`,
    );
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place }: Install, last: boolean): void {
    if (last && place.set === null) this.#downWith(place).delete(place);
  }

  #downWith({ subscription, region }: Place): Set<Place> {
    const key = `${subscription} ${region}`;
    let down = this.#down.get(key);
    if (down === undefined) this.#down.set(key, (down = new Set()));
    return down;
  }
}

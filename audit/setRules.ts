import type { SetShares } from './auditInput';
import type { Findings } from './auditReport';
import type { Health, Install } from './driverLog';
import type { FleetFacts, Place } from './fleetFacts';

/** What is known of one availability set at an instant of the sweep. */
interface SetNow {
  readonly share: number;
  readonly size: number;
  /** VMs being disrupted. */
  readonly down: Set<Place>;
  /** VMs updated and back: what is learnt of their health counts. */
  readonly updated: Set<Place>;
  /** Those of them not proven healthy, with what the last probe said; `unproven` before the first. */
  readonly suspect: Map<Place, Health | 'unproven'>;
  /** Members that are off, and since when. */
  readonly off: Map<Place, number>;
}

/** INV-1 and INV-13: what may happen inside an availability set. */
export class SetRules {
  readonly #sets = new Map<string, SetNow>();

  readonly #fleet: FleetFacts;
  readonly #shares: SetShares;
  readonly #lookMs: number;
  readonly #findings: Findings;

  /** `lookMs`: a VM that is off for so long has been seen to be. */
  constructor(fleet: FleetFacts, shares: SetShares, lookMs: number, findings: Findings) {
    this.#fleet = fleet;
    this.#shares = shares;
    this.#lookMs = lookMs;
    this.#findings = findings;
  }

  started({ place, start }: Install): void {
    const set = this.#setOf(place);
    if (set === null) return;
    this.#checkUpdateDomains(set, place, start);
    this.#checkHealthOfOthers(set, place, start);
    // From now on it is down, and what was known of its health is history.
    set.down.add(place);
    set.updated.delete(place);
    set.suspect.delete(place);
    this.#checkShare(set, place, start);
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place }: Install, last: boolean): void {
    const set = this.#setOf(place);
    if (set === null || !last) return;
    set.down.delete(place);
    set.updated.add(place);
    if (!set.off.has(place)) set.suspect.set(place, 'unproven');
  }

  probed(place: Place, health: Health): void {
    const set = this.#setOf(place);
    if (set?.updated.has(place) !== true) return;
    if (health === 'unhealthy' || health === 'unknown') set.suspect.set(place, health);
    else set.suspect.delete(place);
  }

  /** Its owner stopped it: that is no verdict on the update. What is learnt of it later counts again. */
  stopped(place: Place, at: number): void {
    const set = this.#setOf(place);
    set?.suspect.delete(place);
    if (set?.off.has(place) === false) set.off.set(place, at);
  }

  poweredOn(place: Place): void {
    this.#setOf(place)?.off.delete(place);
  }

  /** An operator took it upon them, until its next update. */
  waived(place: Place): void {
    const set = this.#setOf(place);
    set?.updated.delete(place);
    set?.suspect.delete(place);
  }

  #checkUpdateDomains({ down }: SetNow, place: Place, at: number): void {
    this.#findings.evaluated('INV-1');
    const other = firstIn(down, (vm) => vm.updateDomain !== place.updateDomain);
    if (other !== null)
      this.#findings.violated(
        'INV-1',
        place.vm,
        at,
        `update domain ${place.updateDomain} of ${String(place.set)} starts while ${other.vm} of update domain ${other.updateDomain} is down`,
      );
  }

  #checkShare(set: SetNow, place: Place, at: number): void {
    const { share, size, down, suspect } = set;
    this.#findings.evaluated('INV-1');
    if (down.size + suspect.size > share) {
      this.#findings.violated(
        'INV-1',
        place.vm,
        at,
        `${down.size} down and ${suspect.size} not proven healthy of the ${size} VMs of ${String(place.set)}: its share is ${share}`,
      );
      return;
    }
    const off = this.#offFor(set, at);
    const shareOfRest = setShareOf(size - off, this.#shares);
    const tooMany = down.size + suspect.size + off > share || down.size > shareOfRest;
    if (down.size <= 1 || !tooMany) return; // one VM alone may always go
    this.#findings.violated(
      'INV-1',
      place.vm,
      at,
      `${down.size} down while ${off} of the ${size} VMs of ${String(place.set)} are off: of its share of ${share}, of which those use up theirs, it is too many`,
    );
  }

  /** Members that have been off for as long as it takes to see it, and are neither being disrupted nor counted as not proven healthy. */
  #offFor({ off, down, suspect }: SetNow, at: number): number {
    let count = 0;
    for (const [place, since] of off)
      if (at - since > this.#lookMs && !down.has(place) && !suspect.has(place)) count += 1;
    return count;
  }

  #checkHealthOfOthers({ suspect }: SetNow, place: Place, at: number): void {
    this.#findings.evaluated('INV-13');
    const other = firstIn(suspect.keys(), (vm) => vm.updateDomain !== place.updateDomain);
    if (other !== null)
      this.#findings.violated(
        'INV-13',
        place.vm,
        at,
        `update domain ${place.updateDomain} of ${String(place.set)} starts while ${other.vm} of update domain ${other.updateDomain} is ${suspect.get(other) ?? 'unproven'} after its update`,
      );
  }

  #setOf({ set }: Place): SetNow | null {
    if (set === null) return null;
    let now = this.#sets.get(set);
    if (now === undefined) {
      const size = this.#fleet.setSize(set);
      now = {
        share: setShareOf(size, this.#shares),
        size,
        down: new Set(),
        updated: new Set(),
        suspect: new Map(),
        off: new Map(),
      };
      for (const member of this.#fleet.offAtFirst(set)) now.off.set(member, -Infinity);
      this.#sets.set(set, now);
    }
    return now;
  }
}

/** INV-1: how many VMs of a set of this size may be down at once. */
export function setShareOf(size: number, { setSharePercent, setOneByOneBelow }: SetShares): number {
  return size < setOneByOneBelow ? 1 : Math.max(1, Math.floor((size * setSharePercent) / 100));
}

function firstIn<T>(items: Iterable<T>, is: (item: T) => boolean): T | null {
  for (const item of items) if (is(item)) return item;
  return null;
}

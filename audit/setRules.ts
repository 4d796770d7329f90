import type { SetShares } from './auditInput';
import type { Findings } from './auditReport';
import type { Health, Install } from './driverLog';
import type { FleetFacts, Place } from './fleetFacts';

/** A VM's last update: which rollout made it, when its soak is over, and whether a probe has found the VM healthy since then. */
interface Update {
  readonly rolloutId: string | null;
  readonly soakedAt: number;
  readonly wasHealthy: boolean;
}

/** What is known of one availability set at an instant of the sweep. */
interface SetNow {
  readonly share: number;
  readonly size: number;
  /** VMs being disrupted. */
  readonly down: Set<Place>;
  /** VMs updated and back: what is learnt of their health counts. */
  readonly updated: Map<Place, Update>;
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
  readonly #soakMs: number;
  readonly #findings: Findings;

  /** `lookMs`: a VM that is off for so long has been seen to be. `soakMs`: so long after its update a VM is not proven yet. */
  constructor(
    fleet: FleetFacts,
    shares: SetShares,
    { lookMs, soakMs }: { readonly lookMs: number; readonly soakMs: number },
    findings: Findings,
  ) {
    this.#fleet = fleet;
    this.#shares = shares;
    this.#lookMs = lookMs;
    this.#soakMs = soakMs;
    this.#findings = findings;
  }

  started({ place, start, rolloutId }: Install): void {
    const set = this.#setOf(place);
    if (set === null) return;
    forgetOlderMonths(set, rolloutId);
    this.#checkUpdateDomains(set, place, start);
    this.#checkHealthOfOthers(set, place, start);
    // From now on it is down, and what was known of its health is history.
    set.down.add(place);
    set.updated.delete(place);
    set.suspect.delete(place);
    this.#checkShare(set, place, start);
  }

  /** `last`: no other install is in flight on the VM. */
  ended({ place, rolloutId, end }: Install, last: boolean): void {
    const set = this.#setOf(place);
    if (set === null || !last) return;
    set.down.delete(place);
    set.updated.set(place, { rolloutId, soakedAt: end + this.#soakMs, wasHealthy: false });
    if (!set.off.has(place)) set.suspect.set(place, 'unproven');
  }

  /** Healthy while it soaks is no proof yet: INV-13 waits for the end of the soak, as its claim does. */
  probed(place: Place, health: Health, at: number): void {
    const set = this.#setOf(place);
    const update = set?.updated.get(place);
    if (set === null || update === undefined) return;
    if (health === 'unhealthy' || health === 'unknown') set.suspect.set(place, health);
    if (health === 'healthy' && at < update.soakedAt) return;
    if (health === 'healthy' || health === 'stopped') set.suspect.delete(place);
    if (health === 'healthy') set.updated.set(place, { ...update, wasHealthy: true });
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
        updated: new Map(),
        suspect: new Map(),
        off: new Map(),
      };
      for (const member of this.#fleet.offAtFirst(set)) now.off.set(member, -Infinity);
      this.#sets.set(set, now);
    }
    return now;
  }
}

/** A VM that was healthy after the update of an earlier month: how it has been since says nothing of that update to this month's rollout. */
function forgetOlderMonths({ updated, suspect }: SetNow, rolloutId: string | null): void {
  const month = monthOf(rolloutId);
  if (month === null) return;
  for (const place of [...suspect.keys()]) {
    const update = updated.get(place);
    const before = update?.wasHealthy === true ? monthOf(update.rolloutId) : null;
    if (before === null || before >= month) continue;
    updated.delete(place);
    suspect.delete(place);
  }
}

/** Of a monthly rollout; null for an emergency and for what a person asked for. */
function monthOf(rolloutId: string | null): string | null {
  return /^rollout-(\d{4}-\d{2})$/.exec(rolloutId ?? '')?.[1] ?? null;
}

/** INV-1: how many VMs of a set of this size may be down at once. */
export function setShareOf(size: number, { setSharePercent, setOneByOneBelow }: SetShares): number {
  return size < setOneByOneBelow ? 1 : Math.max(1, Math.floor((size * setSharePercent) / 100));
}

function firstIn<T>(items: Iterable<T>, is: (item: T) => boolean): T | null {
  for (const item of items) if (is(item)) return item;
  return null;
}

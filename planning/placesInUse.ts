import { arePaired } from '../domain/regions';
import type { RoundWork } from './work';

/** A zone of a region, or its VMs without a zone: what a claim of a round excludes others from. */
export interface Place {
  readonly region: string;
  readonly zone: string | null;
  /** Those in which nothing may run meanwhile: of the paired regions, and the other zones of this one. */
  readonly apart: Place[];
  /** Rounds under way. */
  running: number;
  waiting: WaitingRound[];
}

interface WaitingRound {
  readonly work: RoundWork;
  readonly again: () => void;
}

/** Between the tickets of a phase and those of the next: more than a rollout has rounds. */
const TICKETS_OF_PHASE = 2 ** 32;

/**
 * Where rounds run. Those of one phase exclude no others, but its last ones run beside the next phase: where both want paired regions those of
 * the earlier phase go first (`turn`), then those that asked earlier, as in the ledger (`claimDeadline`).
 */
export class PlacesInUse {
  readonly #places = new Map<string, Place>();
  /** Of each round that waits its place in the order: its turn, and when it first asked. */
  readonly #tickets = new Map<RoundWork, number>();
  #asked = 0;

  at(region: string, zone: string | null): Place {
    const key = `${region} ${zone ?? ''}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place: Place = { region, zone, apart: [], running: 0, waiting: [] };
    for (const other of this.#places.values()) {
      if (region !== other.region && !arePaired(region, other.region)) continue;
      place.apart.push(other);
      other.apart.push(place);
    }
    this.#places.set(key, place);
    return place;
  }

  fits({ apart }: Place, work: RoundWork, turn: number): boolean {
    const own = this.#tickets.get(work) ?? turn * TICKETS_OF_PHASE + this.#asked;
    return apart.every(
      ({ running, waiting }) =>
        running === 0 && waiting.every((one) => (this.#tickets.get(one.work) ?? Infinity) > own),
    );
  }

  wait(place: Place, work: RoundWork, turn: number, again: () => void): void {
    if (!this.#tickets.has(work)) this.#tickets.set(work, turn * TICKETS_OF_PHASE + this.#asked++);
    place.waiting.push({ work, again });
  }

  take(place: Place, work: RoundWork): void {
    this.#tickets.delete(work);
    place.running += 1;
  }

  /** Its window is over: it asks again in the next, behind the others. */
  giveUp(place: Place, work: RoundWork): void {
    if (this.#tickets.delete(work)) this.#wake(place);
  }

  release(place: Place): void {
    place.running -= 1;
    if (place.running === 0) this.#wake(place);
  }

  #wake(place: Place): void {
    const near = [place, ...place.apart];
    const woken = near.flatMap(({ waiting }) => waiting);
    for (const one of near) one.waiting = [];
    const ticket = ({ work }: WaitingRound): number => this.#tickets.get(work) ?? Infinity;
    for (const { again } of woken.sort((a, b) => ticket(a) - ticket(b))) again();
  }
}

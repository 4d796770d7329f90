import type { RegisteredFunction } from '../coreApi';
import type { Invoker } from '../invoke';
import { fnv1a } from './fnv';
import type { Runner } from './runners';

/** A dead host's leases lapse after 30 s, and the others look every few seconds: seen on the real host, all within 31 s. */
export const LEASE_TAKE_OVER_MS = 31_000;

type TriggerType =
  'activityTrigger' | 'entityTrigger' | 'orchestrationTrigger' | 'timerTrigger' | 'httpTrigger';

/** One process of the app: a loaded copy of it, with its own module state. */
export class Worker {
  /** Activities under way. */
  running = 0;
  #alive = true;
  /** By the type of their trigger, then by name, lower-cased. */
  readonly #functions = new Map<string, Map<string, RegisteredFunction>>();

  constructor(
    readonly name: string,
    functions: ReadonlyMap<string, RegisteredFunction>,
    readonly invoker: Invoker,
    readonly runner: Runner,
  ) {
    for (const fn of functions.values()) {
      const alike = this.#functions.get(fn.trigger.type) ?? new Map<string, RegisteredFunction>();
      this.#functions.set(fn.trigger.type, alike.set(fn.name.toLowerCase(), fn));
    }
  }

  get alive(): boolean {
    return this.#alive;
  }

  die(): void {
    this.#alive = false;
  }

  find(trigger: TriggerType, name: string): RegisteredFunction | undefined {
    return this.#functions.get(trigger)?.get(name.toLowerCase());
  }
}

/**
 * The workers of a hub. An instance or entity belongs to a partition by the hash of its id, a partition to the one worker that holds its
 * lease; only that worker runs its turns. Any worker may run an activity: the one with the fewest under way takes the next.
 */
export class Workers {
  readonly #all: Worker[];
  readonly #leases: Worker[];
  readonly #lapsed = new Set<Worker>();
  readonly #activitiesMax: number;

  constructor(first: Worker, partitionCount: number, activitiesMax: number) {
    this.#activitiesMax = activitiesMax;
    this.#all = [first];
    this.#leases = Array.from({ length: partitionCount }, () => first);
  }

  get all(): readonly Worker[] {
    return this.#all;
  }

  get alive(): readonly Worker[] {
    return this.#all.filter((worker) => worker.alive);
  }

  /** More than one has been there: then a worker may die while another one goes on. */
  get several(): boolean {
    return this.#all.length > 1;
  }

  /** Undefined: the worker that holds the lease is dead, and no other has taken it over yet. */
  ownerOf(id: string): Worker | undefined {
    const partition = this.several ? fnv1a(id) % this.#leases.length : 0;
    const owner = this.#leases[partition];
    return owner?.alive === true ? owner : undefined;
  }

  /** A worker that can take an activity. */
  free(): Worker | undefined {
    let best: Worker | undefined;
    for (const worker of this.#all)
      if (
        worker.alive &&
        worker.running < this.#activitiesMax &&
        worker.running < (best?.running ?? Infinity)
      )
        best = worker;
    return best;
  }

  partitionsOf(worker: Worker): readonly number[] {
    return this.#leases.flatMap((owner, partition) => (owner === worker ? [partition] : []));
  }

  /** A new worker takes leases from those that hold most, until it has its part. A lease that a dead one holds must lapse first. */
  join(worker: Worker): void {
    if (this.#all.some(({ name, alive }) => alive && name === worker.name)) {
      throw new Error(
        `A worker called ${worker.name} is running. Two of one name would hold each other's leases: give this one another name.`,
      );
    }
    this.#all.push(worker);
    this.#inherit();
    this.#balance();
  }

  /** Its partitions stand still until `takeOver`; what it had taken is lost with it. */
  kill(name: string): Worker {
    const worker = this.alive.find((each) => each.name === name);
    if (!worker) {
      const names = this.alive.map((each) => each.name).join(', ');
      throw new Error(`No worker called ${name} is running; there is ${names === '' ? 'none' : names}.`);
    }
    worker.die();
    return worker;
  }

  /** Its leases have lapsed. */
  takeOver(dead: Worker): void {
    this.#lapsed.add(dead);
    this.#inherit();
  }

  /** Lapsed leases go to the living, one by one to the one that holds fewest; without a living one they wait for the next. */
  #inherit(): void {
    this.#leases.forEach((owner, partition) => {
      const [heir] = this.#byLoad();
      if (heir && this.#lapsed.has(owner)) this.#leases[partition] = heir;
    });
  }

  #balance(): void {
    for (;;) {
      const byLoad = this.#byLoad();
      const [least, most] = [byLoad[0], byLoad.at(-1)];
      if (!least || !most) return;
      if (this.partitionsOf(most).length - this.partitionsOf(least).length < 2) return;
      const given = this.#leases.lastIndexOf(most);
      this.#leases[given] = least;
    }
  }

  /** Living workers, the one with the fewest partitions first. */
  #byLoad(): readonly Worker[] {
    return [...this.alive].sort((a, b) => this.partitionsOf(a).length - this.partitionsOf(b).length);
  }
}

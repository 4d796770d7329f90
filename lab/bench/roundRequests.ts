import type { Instance } from '../../emulator/engine/instance';
import type { Operation } from '../../emulator/storageModel/requests';
import type { RequestPayers } from '../../emulator/storageModel/storageModel';

/** What a round did, and which requests it cost. */
interface Round {
  /** VMs that ended in it. */
  vms: number;
  installs: number;
  readonly requests: Map<Operation, number>;
}

/** Rounds of so many VMs, and the requests that each of their installs cost. */
export interface RoundsOfSize {
  readonly vms: string;
  readonly rounds: number;
  readonly installs: number;
  /** Of all of them, those that take messages out of queues included. */
  readonly requests: number;
  /** Of each round: without those that take messages out of queues, and with them. */
  readonly perInstall: readonly number[];
  readonly withDequeues: readonly number[];
}

const SIZES = [
  ['1', 1, 1],
  ['2 to 4', 2, 4],
  ['5 to 19', 5, 19],
  ['20 and more', 20, Infinity],
] as const;

const ROUND = 'updateDomainRollout';

/**
 * What rounds cost: their episodes and activities, the children that wait for them, their turns of the ledgers and of the VMs' entities, and their start.
 * A message to an entity costs its part of the turn that takes it.
 */
export class RoundRequests implements RequestPayers {
  readonly #rounds = new Map<string, Round>();
  /** Of the instances that a round has started. */
  readonly #roundOf = new Map<string, Round>();

  requestMade(instance: Instance, operation: Operation, count: number): void {
    const round = this.#of(instance);
    if (round !== null) round.requests.set(operation, (round.requests.get(operation) ?? 0) + count);
  }

  sentToEntity(instance: Instance, input: string | null): void {
    const round = this.#of(instance);
    if (round === null || input === null) return;
    if (input.includes('"kind":"installStarted"')) round.installs += 1;
    if (input.includes('"kind":"ended"')) round.vms += 1;
  }

  /** By the number of VMs. Rounds that installed nothing are left out. */
  bySize(): readonly RoundsOfSize[] {
    const all = [...this.#rounds.values()].filter(({ installs }) => installs > 0);
    return SIZES.map(([vms, from, to]) => {
      const rounds = all.filter((round) => round.vms >= from && round.vms <= to);
      return {
        vms,
        rounds: rounds.length,
        installs: rounds.reduce((sum, { installs }) => sum + installs, 0),
        requests: rounds.reduce((sum, round) => sum + totalOf(round), 0),
        perInstall: rounds.map(
          (round) => (totalOf(round) - (round.requests.get('queueGet') ?? 0)) / round.installs,
        ),
        withDequeues: rounds.map((round) => totalOf(round) / round.installs),
      };
    });
  }

  #of(instance: Instance): Round | null {
    const known = this.#roundOf.get(instance.id);
    if (known !== undefined) return known;
    const parent = instance.parent === null ? undefined : this.#roundOf.get(instance.parent.instanceId);
    if (instance.name !== ROUND && parent === undefined) return null;
    const round = parent ?? { vms: 0, installs: 0, requests: new Map<Operation, number>() };
    if (parent === undefined) this.#rounds.set(instance.id, round);
    this.#roundOf.set(instance.id, round);
    return round;
  }
}

const totalOf = ({ requests }: Round): number =>
  [...requests.values()].reduce((sum, count) => sum + count, 0);

import type { Clock } from './requestBudgets';
import { instanceViewOf, type InstanceView } from './instanceView';
import { listAt, member, textAt } from './json';
import { NotRead, type Reader } from './reader';
import { COMPUTE_VERSION, readBudgets } from './computeReads';

export type Domains = Pick<InstanceView, 'updateDomain' | 'faultDomain'>;

/** A VM of a set, and its GUID: under another it is another VM. */
export interface SetMember {
  readonly armId: string;
  readonly vmGuid: string;
  /** What its set goes by: update domains of an availability set, fault domains of a scale set. */
  readonly needs: keyof Domains;
}

interface Cached {
  readonly atMs: number;
  readonly value: Domains;
}

/** A VM keeps its domains until it is deallocated or moved. */
const AGE_MAX_MS = 24 * 3_600_000;
/** So many of one resource group are read as one list; fewer one by one, which says as much and costs less. */
const TOGETHER_MIN = 4;
/** Instance views that are read at the same time. */
const AT_ONCE = 10;
/** So many of a page may be odd, each by itself; more that do not answer are an outage, in which nothing is to be learnt of the fleet. */
const ODD_MAX = 5;
/** A group has at most 800 VMs of a kind by default; a list that never ends is a fault. */
const PAGES_MAX = 50;

/** The update and fault domains of VMs of sets. Their instance views alone have them (recordings README, 29), read by the group and kept for a day. */
export class SetDomains {
  readonly #reader: Reader;
  readonly #clock: Clock;
  readonly #known = new Map<string, Cached>();

  constructor(reader: Reader, clock: Clock) {
    this.#reader = reader;
    this.#clock = clock;
  }

  /** By ARM id as given. Null: Azure shows none, and it is never guessed. What could not be read now, and was not before, is missing. */
  async of(members: readonly SetMember[]): Promise<ReadonlyMap<string, Domains | null>> {
    const missing = members.filter((one) => !this.#isFresh(this.#known.get(keyOf(one))));
    for (const group of byGroup(missing)) if (group.length >= TOGETHER_MIN) await this.#readGroup(group);
    const left = missing.filter((one) => !this.#isFresh(this.#known.get(keyOf(one))));
    const unread = new Map<string, NotRead>();
    for (let at = 0; at < left.length; at += AT_ONCE) {
      const some = left.slice(at, at + AT_ONCE);
      for (const [n, answer] of (await Promise.all(some.map((one) => this.#readOne(one)))).entries())
        if (answer !== null) unread.set(some[n]?.armId ?? '', answer);
      const [first] = unread.values();
      if (first !== undefined && unread.size > ODD_MAX) throw first;
    }
    const read = members.filter(({ armId }) => !unread.has(armId));
    return new Map(read.map((one) => [one.armId, this.#known.get(keyOf(one))?.value ?? null]));
  }

  #isFresh(cached: Cached | undefined): boolean {
    return cached !== undefined && this.#clock.nowMs() - cached.atMs < AGE_MAX_MS;
  }

  #keep(one: SetMember, view: unknown): void {
    const { updateDomain, faultDomain } = instanceViewOf(view);
    this.#known.set(keyOf(one), { atMs: this.#clock.nowMs(), value: { updateDomain, faultDomain } });
  }

  /**
   * One list that Resource Graph makes. It answers 422 for a VM that it cannot build, and may lack one (azure-driver-facts, section 5): what it
   * does not say is read one by one.
   */
  async #readGroup(group: readonly SetMember[]): Promise<void> {
    const [, , subscription = '', , name = ''] = group[0]?.armId.split('/') ?? [];
    const wanted = new Map(group.map((one) => [one.armId.toLowerCase(), one]));
    let url: string | null =
      `/subscriptions/${subscription}/resourceGroups/${name}/providers/Microsoft.Compute/virtualMachines?$expand=instanceView&useResourceGraph=true&api-version=${COMPUTE_VERSION}`;
    try {
      for (let pages = 0; url !== null && pages < PAGES_MAX; pages += 1) {
        const { status, body } = await this.#reader.read(
          { method: 'GET', url },
          {
            budgets: [
              ['graphLists', subscription],
              ['armReads', subscription],
            ],
          },
        );
        if (status !== 200) return;
        for (const vm of listAt(body, 'value')) {
          const one = wanted.get((textAt(vm, 'id') ?? '').toLowerCase());
          const view = member(vm, 'properties', 'instanceView');
          if (one !== undefined && instanceViewOf(view)[one.needs] !== null) this.#keep(one, view);
        }
        url = textAt(body, 'nextLink');
      }
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
    }
  }

  /**
   * Deleted since Resource Graph saw it, or forbidden: nothing is kept. Where Azure does not answer, what was known before stays; what never was
   * known is returned as not read: one VM that Azure cannot show would otherwise keep the whole fleet from being listed.
   */
  async #readOne(one: SetMember): Promise<NotRead | null> {
    try {
      const url = `${one.armId}/instanceView?api-version=${COMPUTE_VERSION}`;
      const answer = await this.#reader.read({ method: 'GET', url }, { budgets: readBudgets(one.armId) });
      if (answer.status === 200) this.#keep(one, answer.body);
      else this.#known.delete(keyOf(one));
    } catch (error) {
      if (!(error instanceof NotRead)) throw error;
      if (!this.#known.has(keyOf(one))) return error;
    }
    return null;
  }
}

const keyOf = ({ armId, vmGuid }: Pick<SetMember, 'armId' | 'vmGuid'>): string =>
  `${armId.toLowerCase()} ${vmGuid}`;

function byGroup(members: readonly SetMember[]): Iterable<readonly SetMember[]> {
  const groups = new Map<string, SetMember[]>();
  for (const one of members) {
    const group = one.armId.toLowerCase().split('/').slice(0, 5).join('/');
    const found = groups.get(group);
    if (found === undefined) groups.set(group, [one]);
    else found.push(one);
  }
  return groups.values();
}

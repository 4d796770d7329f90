import { type BlastScope, type Peak, utcOf } from './auditReport';
import type { Place } from './fleetFacts';

/** Of the smallest groups one VM is a large share; a scope is judged by its larger ones as long as it has any. */
const NOTABLE_SIZE: Readonly<Record<BlastScope, number>> = {
  fleet: 1,
  region: 10,
  zone: 10,
  availabilitySet: 2,
  updateDomain: 2,
  subscription: 10,
};

export const BLAST_SCOPES: readonly BlastScope[] = [
  'fleet',
  'region',
  'zone',
  'availabilitySet',
  'updateDomain',
  'subscription',
];

interface Group {
  readonly scope: BlastScope;
  readonly name: string;
  size: number;
  down: number;
  most: number;
  mostAt: number;
}

/** Counts how many VMs of each region, zone, set, update domain and subscription are down, and remembers the worst moment. */
export class BlastMeter {
  readonly #groups = new Map<string, Group>();
  readonly #groupsOfPlace = new Map<Place, readonly Group[]>();

  readonly #shareOf: (setSize: number) => number;

  /** `shareOf`: how many VMs of an availability set of that size may be down at once. */
  constructor(fleet: readonly Place[], shareOf: (setSize: number) => number) {
    this.#shareOf = shareOf;

    for (const place of fleet) for (const group of this.#groupsOf(place)) group.size += 1;
  }

  wentDown(place: Place, at: number): void {
    for (const group of this.#groupsOf(place)) {
      group.down += 1;
      if (group.down <= group.most) continue;
      group.most = group.down;
      group.mostAt = at;
    }
  }

  cameBack(place: Place): void {
    for (const group of this.#groupsOf(place)) group.down -= 1;
  }

  peaks(): Peak[] {
    return BLAST_SCOPES.flatMap((scope) => {
      const all = [...this.#groups.values()].filter((group) => group.scope === scope);
      const notable = all.filter(({ size }) => size >= NOTABLE_SIZE[scope]);
      const [worst] = (notable.length > 0 ? notable : all).filter(({ most }) => most > 0).sort(byShare);
      if (worst === undefined) return [];
      const { name, most, mostAt } = worst;
      const size = sizeOf(worst);
      const limit = scope === 'availabilitySet' ? this.#shareOf(size) : null;
      return [{ scope, name, count: most, size, limit, at: utcOf(mostAt) }];
    });
  }

  #groupsOf(place: Place): readonly Group[] {
    let groups = this.#groupsOfPlace.get(place);
    if (groups === undefined) {
      groups = scopesOf(place).map((one) => this.#group(...one));
      this.#groupsOfPlace.set(place, groups);
    }
    return groups;
  }

  #group(scope: BlastScope, id: string, name: string): Group {
    const key = `${scope} ${id}`;
    let group = this.#groups.get(key);
    if (group === undefined)
      this.#groups.set(key, (group = { scope, name, size: 0, down: 0, most: 0, mostAt: NaN }));
    return group;
  }
}

/** Scope, key and name for people of every group a VM belongs to. */
function scopesOf(place: Place): (readonly [BlastScope, string, string])[] {
  const { region, zone, set, updateDomain, subscription } = place;
  const scopes: (readonly [BlastScope, string, string])[] = [
    ['fleet', '', 'all VMs'],
    ['region', region, region],
    ['subscription', subscription, subscription],
  ];
  if (zone !== null) scopes.push(['zone', `${region} ${zone}`, `${region} zone ${zone}`]);
  if (set !== null) {
    const name = set.slice(set.lastIndexOf('/') + 1);
    scopes.push(
      ['availabilitySet', set, name],
      ['updateDomain', `${set} ${updateDomain}`, `${name} update domain ${updateDomain}`],
    );
  }
  return scopes;
}

/** A VM that only the log knows of makes its groups larger. */
const sizeOf = ({ size, most }: Group): number => Math.max(size, most);

/** The largest share first; of like shares the larger count, then the earlier moment. */
function byShare(a: Group, b: Group): number {
  return b.most / sizeOf(b) - a.most / sizeOf(a) || b.most - a.most || a.mostAt - b.mostAt;
}

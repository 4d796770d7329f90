import { LowtideError } from '../../domain/lowtideError';
import { queryOf, type ApiClient } from './apiClient';
import type { Row } from './output';
import { resourceName } from '../../domain/ids';

/** As many as `GET /api/fleet` gives at once. */
const PAGE_ROWS = 1_000;
const SETS_MAX = 20_000;

/** Which VMs a command is about. */
export interface SelectorOptions {
  readonly subscription?: string | undefined;
  readonly resourceGroup?: string | undefined;
  readonly region?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly family?: string | undefined;
  readonly set?: string | undefined;
  readonly vm?: string | undefined;
}

export function selectorQuery({
  subscription,
  resourceGroup,
  region,
  tag,
  family,
  set,
  vm,
}: SelectorOptions): Record<string, string | undefined> {
  return { subscription, resourceGroup, region, tag: tag?.join(','), family, availabilitySet: set, vm };
}

export function bodySelector({
  tag,
  set,
  subscription,
  resourceGroup,
  region,
  family,
  vm,
}: SelectorOptions): Row {
  const given = { subscription, resourceGroup, region, tag, family, availabilitySet: set, vm };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The same with ARM ids where a VM or a set was named by its name. */
export async function withIds<T extends SelectorOptions>(api: ApiClient, options: T): Promise<T> {
  const { vm, set } = options;
  return {
    ...options,
    vm: vm === undefined ? undefined : await vmIdOf(api, vm),
    set: set === undefined ? undefined : await setIdOf(api, set),
  };
}

/** What was selected, where nothing fits: rather a typing mistake than a result. */
export function describeNothing(options: SelectorOptions): string {
  const given = Object.entries(bodySelector(options)).map(
    ([name, value]) => `${name} ${[value].flat().join(', ')}`,
  );
  return given.length === 0 ? 'No VM takes part.' : `No VM that takes part fits ${given.join(', ')}.`;
}

/** A full ARM id, or the name of one availability set of the fleet. */
async function setIdOf(api: ApiClient, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('/')) return nameOrId;
  const { total, groups } = await api.get<{
    total: number;
    groups: readonly { readonly name: string; readonly count: number }[];
  }>(queryOf('/api/fleet', { group: 'availabilitySetId', groupLimit: SETS_MAX, limit: 1 }));
  // Another set may have the same name: one that is missing here must not make it look unique.
  const counted = groups.reduce((sum, { count }) => sum + count, 0);
  if (counted < total)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `Whether one availability set alone is called ${nameOrId} is not known.`,
      why: `The host named ${groups.length} groups of VMs, and the fleet has more.`,
      fix: 'Give the full ARM id of the set.',
    });
  return idAmong(
    'availability set',
    nameOrId,
    groups.map(({ name }) => name).filter((id) => id.startsWith('/')),
  );
}

/** A full ARM id, or the one among these that has this name. */
export function idAmong(kind: string, nameOrId: string, ids: readonly string[]): string {
  if (nameOrId.startsWith('/')) return nameOrId;
  const nameIn = (id: string): string => resourceName(id).toLowerCase();
  return oneOf(
    kind,
    nameOrId,
    ids.filter((id) => nameIn(id) === nameOrId.toLowerCase()),
    () => ids.map(nameIn).filter((name) => name.includes(nameOrId.toLowerCase())),
  );
}

function oneOf(
  kind: string,
  wanted: string,
  exact: readonly string[],
  near: () => readonly string[],
): string {
  const [first] = exact;
  if (exact.length === 1 && first !== undefined) return first;
  const others = (exact.length > 1 ? exact : near()).slice(0, 5);
  throw new LowtideError('ARGUMENT_INVALID', {
    what: exact.length > 1 ? `Several ${kind}s are called ${wanted}.` : `No ${kind} is called ${wanted}.`,
    why: others.length === 0 ? 'No name of the fleet contains it.' : `It could be ${others.join(', ')}.`,
    fix: 'Give the whole name, or the full ARM id.',
  });
}

/** A full ARM id, or a name that one VM has. */
export async function vmIdOf(api: ApiClient, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('/')) return nameOrId;
  const named: { readonly vmId: string; readonly name: string }[] = [];
  // Every page: another VM of this name may be on the last one.
  const path = queryOf('/api/fleet', { search: nameOrId, limit: PAGE_ROWS });
  for await (const row of api.rows<{ vmId: string; name: string }>(path)) named.push(row);
  const exact = named.filter(({ name }) => name.toLowerCase() === nameOrId.toLowerCase());
  return oneOf(
    'VM',
    nameOrId,
    exact.map(({ vmId }) => vmId),
    () => named.map(({ name }) => name),
  );
}

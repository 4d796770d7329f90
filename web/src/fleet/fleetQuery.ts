import type { Place } from '../router';

/** What of the fleet is shown, as the address has it. */
export interface FleetQuery {
  readonly search: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly sort: string;
  readonly descending: boolean;
  readonly group: string;
  /** Null for the latest. */
  readonly rollout: string | null;
}

interface Filter {
  /** Of the query. */
  readonly key: string;
  readonly label: string;
  /** The column that counts its values; absent where the values of the two are not the same. */
  readonly column?: string;
}

/** By these the table can be narrowed, and its VMs counted. */
export const FILTERS: readonly Filter[] = [
  { key: 'kind', label: 'State', column: 'kind' },
  { key: 'reason', label: 'Reason', column: 'reason' },
  { key: 'region', label: 'Region', column: 'region' },
  { key: 'phase', label: 'Phase', column: 'phase' },
  { key: 'family', label: 'Image family', column: 'family' },
  { key: 'subscription', label: 'Subscription', column: 'subscriptionId' },
  { key: 'resourceGroup', label: 'Resource group', column: 'resourceGroup' },
  { key: 'availabilitySet', label: 'Availability set' },
];

export function queryOf({ query }: Place): FleetQuery {
  const filters: Record<string, string> = {};
  for (const { key } of FILTERS) {
    const value = query.get(key);
    if (value !== null && value !== '') filters[key] = value;
  }
  const sort = query.get('sort') ?? 'name';
  return {
    search: query.get('search') ?? '',
    filters,
    sort: sort.replace(/^-/, ''),
    descending: sort.startsWith('-'),
    group: query.get('group') ?? '',
    rollout: query.get('rollout'),
  };
}

/** For the API; the same question has the same text, so that its pages are found again. */
export function searchOf(
  { search, filters, sort, descending, rollout }: FleetQuery,
  more: Readonly<Record<string, string>> = {},
): string {
  const params = new URLSearchParams(filters);
  if (rollout !== null) params.set('rollout', rollout);
  if (search !== '') params.set('search', search);
  params.set('sort', descending ? `-${sort}` : sort);
  for (const [name, value] of Object.entries(more)) params.set(name, value);
  return params.toString();
}

/** For the address of the page. */
export function addressParts(query: FleetQuery): Record<string, string | null> {
  const sort = query.descending ? `-${query.sort}` : query.sort;
  return {
    rollout: query.rollout,
    ...query.filters,
    search: query.search,
    sort: sort === 'name' ? null : sort,
    group: query.group,
  };
}

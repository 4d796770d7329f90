import type { Place } from '../router';

/** What of the fleet is shown, as the address has it. */
export interface FleetQuery {
  readonly rollout: string;
  readonly search: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly sort: string;
  readonly descending: boolean;
  readonly groupBy: string;
}

/** Columns by which the table can be narrowed and counted, with their names for people. */
export const FILTERS: readonly { readonly key: string; readonly label: string }[] = [
  { key: 'state', label: 'State' },
  { key: 'region', label: 'Region' },
  { key: 'phase', label: 'Phase' },
  { key: 'family', label: 'Image family' },
  { key: 'subscription', label: 'Subscription' },
  { key: 'resourceGroup', label: 'Resource group' },
  { key: 'availabilitySet', label: 'Availability set' },
  { key: 'reason', label: 'Reason' },
];

export function queryOf(place: Place, rollout: string): FleetQuery {
  const { query } = place;
  const filters: Record<string, string> = {};
  for (const { key } of FILTERS) {
    const value = query.get(key);
    if (value !== null && value !== '') filters[key] = value;
  }
  return {
    rollout,
    search: query.get('search') ?? '',
    filters,
    sort: query.get('sort') ?? 'name',
    descending: query.get('order') === 'descending',
    groupBy: query.get('groupBy') ?? '',
  };
}

/** For the API; the same question has the same text, so that its pages are found again. */
export function searchOf(
  { rollout, search, filters, sort, descending }: FleetQuery,
  more: Readonly<Record<string, string>> = {},
): string {
  const params = new URLSearchParams({ rollout, ...filters });
  if (search !== '') params.set('search', search);
  params.set('sort', sort);
  if (descending) params.set('order', 'descending');
  for (const [name, value] of Object.entries(more)) params.set(name, value);
  return params.toString();
}

/** For the address of the page. */
export function addressParts(query: FleetQuery, rollout: string | null): Record<string, string | null> {
  return {
    rollout,
    ...query.filters,
    search: query.search,
    sort: query.sort === 'name' ? null : query.sort,
    order: query.descending ? 'descending' : null,
    groupBy: query.groupBy,
  };
}

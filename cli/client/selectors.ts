import { LowtideError } from '../../domain/lowtideError';
import { queryOf, type ApiClient } from './apiClient';
import type { Row } from './output';

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

/** A full ARM id, or a name that one VM has. */
export async function vmIdOf(api: ApiClient, nameOrId: string): Promise<string> {
  if (nameOrId.startsWith('/')) return nameOrId;
  const path = queryOf('/api/fleet', { search: nameOrId, limit: 50 });
  const { value } = await api.get<{ value: readonly { readonly vmId: string; readonly name: string }[] }>(
    path,
  );
  const exact = value.filter(({ name }) => name.toLowerCase() === nameOrId.toLowerCase());
  const [first] = exact;
  if (exact.length === 1 && first !== undefined) return first.vmId;
  const near = (exact.length > 1 ? exact.map(({ vmId }) => vmId) : value.map(({ name }) => name)).slice(0, 5);
  throw new LowtideError('ARGUMENT_INVALID', {
    what: exact.length > 1 ? `Several VMs are called ${nameOrId}.` : `No VM is called ${nameOrId}.`,
    why: near.length === 0 ? 'No name of the fleet contains it.' : `There is ${near.join(', ')}.`,
    fix: 'Give the whole name, or the full ARM id.',
  });
}

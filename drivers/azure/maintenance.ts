import { listAt, member, textAt } from './json';

/** Of the list of a VM's own assignments, which is recorded with it (50). */
export const ASSIGNMENTS_VERSION = '2023-04-01';

/** A maintenance configuration that is assigned to a VM, or to a subscription or resource group with a filter (a dynamic scope). */
export interface Assignment {
  /** Id of what it is assigned to, lower-cased. */
  readonly resourceId: string;
  /** Last part of the configuration's id. */
  readonly configuration: string;
  readonly filter: ScopeFilter | null;
}

/** Empty lists filter nothing. All in lower case. */
export interface ScopeFilter {
  readonly resourceTypes: readonly string[];
  readonly resourceGroups: readonly string[];
  readonly locations: readonly string[];
  readonly osTypes: readonly string[];
  readonly tags: readonly (readonly [name: string, values: readonly string[]])[];
  readonly tagsMatch: 'all' | 'any';
}

/** What a dynamic scope looks at. */
export interface ScopedVm {
  /** Lower-cased. */
  readonly id: string;
  readonly region: string;
  readonly osType: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

/** A row of `maintenanceresources`, as the driver's query projects it. Null for one that names no resource. */
export function assignmentOf(row: unknown): Assignment | null {
  const resourceId = textAt(row, 'resourceId');
  if (resourceId === null) return null;
  const filter = member(row, 'filter');
  return {
    resourceId: resourceId.toLowerCase().replace(/\/+$/, ''),
    configuration: (textAt(row, 'configuration') ?? 'without a name').split('/').at(-1) ?? '',
    filter: filter === null || filter === undefined || filter === '' ? null : filterOf(filter),
  };
}

function filterOf(filter: unknown): ScopeFilter {
  const tags = member(filter, 'tagSettings', 'tags');
  const any = textAt(filter, 'tagSettings', 'filterOperator')?.toLowerCase() === 'any';
  return {
    resourceTypes: lower(listAt(filter, 'resourceTypes')),
    resourceGroups: lower(listAt(filter, 'resourceGroups')),
    locations: lower(listAt(filter, 'locations')).map((location) => location.replaceAll(' ', '')),
    osTypes: lower(listAt(filter, 'osTypes')),
    tags:
      typeof tags === 'object' && tags !== null
        ? Object.entries(tags).map(([name, values]) => [
            name.toLowerCase(),
            lower(Array.isArray(values) ? values : [values]),
          ])
        : [],
    tagsMatch: any ? 'any' : 'all',
  };
}

function lower(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string').map((value) => value.toLowerCase());
}

/** Names of the configurations that patch this VM, each once. A VM in a dynamic scope shows no row of its own until that runs. */
export function configurationsOf(vm: ScopedVm, assignments: readonly Assignment[]): readonly string[] {
  const found = assignments.filter((assignment) => isAssigned(vm, assignment));
  return [...new Set(found.map(({ configuration }) => configuration))].sort();
}

function isAssigned(vm: ScopedVm, { resourceId, filter }: Assignment): boolean {
  if (resourceId === vm.id) return true;
  if (!vm.id.startsWith(`${resourceId}/`)) return false;
  return filter === null || matches(vm, filter);
}

const VM_TYPE = 'microsoft.compute/virtualmachines';

function matches(vm: ScopedVm, filter: ScopeFilter): boolean {
  const group = vm.id.split('/')[4] ?? '';
  const allows = (allowed: readonly string[], value: string): boolean =>
    allowed.length === 0 || allowed.includes(value);
  return (
    allows(filter.resourceTypes, VM_TYPE) &&
    allows(filter.resourceGroups, group) &&
    allows(filter.locations, vm.region) &&
    allows(filter.osTypes, (vm.osType ?? '').toLowerCase()) &&
    tagsMatch(vm, filter)
  );
}

function tagsMatch({ tags }: ScopedVm, filter: ScopeFilter): boolean {
  if (filter.tags.length === 0) return true;
  const lowered = new Map(
    Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value.toLowerCase()]),
  );
  const one = ([name, values]: ScopeFilter['tags'][number]): boolean => {
    const value = lowered.get(name);
    return value !== undefined && (values.length === 0 || values.includes(value));
  };
  return filter.tagsMatch === 'any' ? filter.tags.some(one) : filter.tags.every(one);
}

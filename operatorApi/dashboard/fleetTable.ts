import type { FleetRow, FleetSnapshot } from './fleetSnapshot';

/** One line of the fleet's table. Texts of others are cut: the VM's own page has them whole. */
export interface TableRow {
  readonly vmId: string;
  readonly name: string;
  readonly region: string;
  readonly zone: string | null;
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly availabilitySet: string | null;
  readonly updateDomain: number | null;
  readonly family: string;
  readonly phase: string | null;
  readonly expectedStartUtc: string | null;
  /** The kind of its outcome; `waiting` while it has none. */
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string;
  readonly atUtc: string | null;
}

export const COLUMNS = [
  'name',
  'region',
  'zone',
  'subscription',
  'resourceGroup',
  'availabilitySet',
  'updateDomain',
  'family',
  'phase',
  'expectedStartUtc',
  'state',
  'reason',
  'atUtc',
] as const;
export type Column = (typeof COLUMNS)[number];

/** By these the table can be narrowed to one value, and its rows counted. */
export const FILTERS = [
  'region',
  'subscription',
  'resourceGroup',
  'availabilitySet',
  'family',
  'phase',
  'state',
  'reason',
] as const;
export type Filter = (typeof FILTERS)[number];

export interface TableQuestion {
  readonly search: string;
  readonly filters: Readonly<Partial<Record<Filter, string>>>;
  readonly sort: Column;
  readonly descending: boolean;
}

const NAME_MAX = 200;
const DETAIL_MAX = 300;

/** A table of the fleet that is made once for each reading of it; sorted and narrowed as often as it is asked for. */
interface Table {
  readonly rows: readonly TableRow[];
  readonly sorted: Map<Column, readonly TableRow[]>;
}

const tables = new WeakMap<FleetSnapshot, Table>();

function tableOf(snapshot: FleetSnapshot): Table {
  const known = tables.get(snapshot);
  if (known !== undefined) return known;
  const table: Table = { rows: snapshot.rows.map(rowOf), sorted: new Map() };
  tables.set(snapshot, table);
  return table;
}

function rowOf({ vm, family, planned, outcome }: FleetRow): TableRow {
  return {
    vmId: vm.id,
    name: cut(vm.name, NAME_MAX),
    region: vm.region,
    zone: vm.zone,
    subscription: vm.subscriptionId,
    resourceGroup: cut(vm.resourceGroup, NAME_MAX),
    availabilitySet: vm.availabilitySetId,
    updateDomain: vm.updateDomain,
    family: cut(family, NAME_MAX),
    phase: planned?.phase ?? null,
    expectedStartUtc: planned?.expectedStartUtc ?? null,
    state: outcome?.kind ?? 'waiting',
    reason: outcome?.reason ?? null,
    detail: cut(outcome?.detail ?? '', DETAIL_MAX),
    atUtc: outcome?.atUtc ?? null,
  };
}

const cut = (text: string, max: number): string => (text.length > max ? `${text.slice(0, max - 1)}…` : text);

/** The rows that are asked for, in order; ties by name and id, so that pages never overlap. */
export function matchingRows(snapshot: FleetSnapshot, question: TableQuestion): readonly TableRow[] {
  const sorted = sortedBy(tableOf(snapshot), question.sort);
  const wanted = Object.entries(question.filters) as [Filter, string][];
  const search = question.search.trim().toLowerCase();
  const matching =
    wanted.length === 0 && search === ''
      ? sorted
      : sorted.filter(
          (row) =>
            wanted.every(([filter, value]) => (row[filter] ?? '') === value) &&
            (search === '' || row.vmId.includes(search) || row.family.includes(search)),
        );
  return question.descending ? [...matching].reverse() : matching;
}

function sortedBy(table: Table, column: Column): readonly TableRow[] {
  const known = table.sorted.get(column);
  if (known !== undefined) return known;
  const sorted = [...table.rows].sort(
    (a, b) => compare(a[column], b[column]) || compare(a.name, b.name) || compare(a.vmId, b.vmId),
  );
  table.sorted.set(column, sorted);
  return sorted;
}

/** What is not there comes last. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

export interface RowGroup {
  readonly key: string;
  readonly vmCount: number;
  readonly outcomes: Record<string, number>;
}

const GROUPS_MAX = 200;

/** How many rows there are of each value, the most first. */
export function groupsOf(rows: readonly TableRow[], by: Filter): RowGroup[] {
  const groups = new Map<string, { key: string; vmCount: number; outcomes: Record<string, number> }>();
  for (const row of rows) {
    const key = row[by] ?? '';
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { key, vmCount: 0, outcomes: {} }));
    group.vmCount += 1;
    if (row.state !== 'waiting') group.outcomes[row.state] = (group.outcomes[row.state] ?? 0) + 1;
  }
  return [...groups.values()]
    .sort((a, b) => b.vmCount - a.vmCount || compare(a.key, b.key))
    .slice(0, GROUPS_MAX);
}

const CSV_COLUMNS = ['vmId', ...COLUMNS, 'detail'] as const;

/** As RFC 4180 has it. What a spreadsheet would take for a formula is marked as text. */
export function csvOf(rows: readonly TableRow[]): string {
  const lines = rows.map((row) => CSV_COLUMNS.map((column) => cell(row[column])).join(','));
  return [CSV_COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

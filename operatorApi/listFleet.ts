import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { Utc, VmId, resourceName } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { PhaseId } from '../domain/phaseId';
import { OutcomeKind, OutcomeReason } from '../domain/reasons';
import type { Selector } from '../domain/selector';
import { tagOf } from '../domain/tags';
import { csvAnswer, csvOf } from './csv';
import { placesSelected } from './fleetIndex';
import { fleetView, type FleetView, type FleetVm } from './fleetView';
import { countIn, FROM_THE_FIRST, nextLinkOf } from './queryValues';
import { ROLLOUT, rolloutAsked } from './rolloutIdIn';
import type { OperatorRequest, OperatorRoute } from './route';
import type { Parameter } from './routeDescription';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';
import { named } from './shapes/shared';

const COLUMNS = [
  'vmId',
  'name',
  'subscriptionId',
  'resourceGroup',
  'region',
  'zone',
  'availabilitySet',
  'updateDomain',
  'osType',
  'family',
  'timeZone',
  'takesPart',
  'kind',
  'reason',
  'detail',
  'outcomeUtc',
  'phase',
  'expectedStartUtc',
  'control',
] as const;
type Column = (typeof COLUMNS)[number];

export const FleetRow = named(
  'FleetRow',
  z.object({
    vmId: VmId,
    name: z.string(),
    subscriptionId: z.string(),
    resourceGroup: z.string(),
    region: z.string(),
    zone: z.string().nullable(),
    availabilitySet: z.string().nullable(),
    updateDomain: z.number().int().nullable(),
    osType: z.string().nullable(),
    family: z.string(),
    timeZone: z.string(),
    takesPart: z.boolean(),
    kind: OutcomeKind.nullable(),
    reason: OutcomeReason.nullable(),
    detail: z.string(),
    outcomeUtc: Utc.nullable(),
    phase: PhaseId.nullable(),
    expectedStartUtc: Utc.nullable(),
    control: z.enum(['inCharge', 'shared', 'notInCharge']).nullable(),
  }),
  'A VM and its state in a rollout. Before its turn `kind` is null; of a VM that takes no part `reason` says why. `expectedStartUtc` is that of the plan; the forecast has what is expected now. `control` says what patches it; null where the driver does not say.',
);
type FleetRow = z.input<typeof FleetRow>;

const FleetPage = z.object({
  asOfUtc: Utc,
  rolloutId: z.string().nullable(),
  /** Of all that fit, on every page. */
  total: z.number().int(),
  value: z.array(FleetRow),
  groups: z.array(z.object({ name: z.string(), count: z.number().int() })).exactOptional(),
  nextLink: z.string().exactOptional(),
});

const LIMIT_MAX = 1_000;
const LIMIT = 100;
const GROUPS = 200;
/** More than a fleet has availability sets, for callers that look for one among them. */
const GROUPS_MAX = 20_000;

const text = (about: string): Parameter => ({ about, schema: z.string() });
const QUERY: Readonly<Record<string, Parameter>> = {
  ...SELECTOR_QUERY,
  rollout: ROLLOUT,
  kind: {
    about: 'Only VMs with this outcome; `none` for those without one.',
    schema: z.enum([...OutcomeKind.options, 'none']),
  },
  reason: text('Only VMs with this reason, docs/reasons.md.'),
  phase: text('Only VMs of this phase.'),
  takesPart: {
    about: 'Only VMs that take part, or only those that do not.',
    schema: z.enum(['true', 'false']),
  },
  search: text('Only VMs whose name contains this, in any case.'),
  sort: text('A column; with a hyphen before it, in descending order. By id without it.'),
  group: text('Counts the VMs that fit by a column, or by `tag:NAME`; the most frequent first.'),
  groupLimit: {
    about: `Groups that are counted, at most ${GROUPS_MAX}; ${GROUPS} without it.`,
    schema: z.coerce.number().int(),
  },
  limit: {
    about: `Rows a page, at most ${LIMIT_MAX}; ${LIMIT} without it.`,
    schema: z.coerce.number().int(),
  },
  after: { about: 'So many rows are passed over: as nextLink has it.', schema: z.coerce.number().int() },
  format: { about: 'csv for a table; its next page is in the Link header.', schema: z.enum(['json', 'csv']) },
};

export const listFleet: OperatorRoute = {
  name: 'listFleet',
  methods: ['GET'],
  role: 'reader',
  route: 'api/fleet',
  query: QUERY,
  description: {
    summary: 'The fleet, a page at a time: filtered, sorted and counted here.',
    answers: { 200: { about: 'A page; of the last seconds, see asOfUtc.', schema: FleetPage, orCsv: true } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const view = await fleetView(services, rolloutAsked(request));
    return answer(request, view, await matching(request, view));
  },
};

/** Those that a selector means, in the order of the list. */
async function selectedIn(
  view: FleetView,
  sorted: readonly FleetVm[],
  selector: Selector,
): Promise<readonly FleetVm[]> {
  const places = await placesSelected(view, selector);
  if (places === null) return sorted;
  const selected = selectedOnce(view, selector, places);
  if (sorted === view.vms) return selected;
  const wanted = new Set(selected);
  return sorted.filter((one) => wanted.has(one));
}

/** By selector, once a view, as a list is paged through. */
const SELECTED = new WeakMap<FleetView, Map<string, readonly FleetVm[]>>();
const SELECTORS_MAX = 20;

function selectedOnce(view: FleetView, selector: Selector, places: readonly number[]): readonly FleetVm[] {
  const known = SELECTED.get(view) ?? new Map<string, readonly FleetVm[]>();
  SELECTED.set(view, known);
  const key = JSON.stringify(selector);
  const found = known.get(key) ?? places.flatMap((place) => view.vms[place] ?? []);
  if (known.size >= SELECTORS_MAX) known.clear();
  known.set(key, found);
  return found;
}

/** Sorted by each column once a view: a table is paged through far more often than it changes. */
const SORTED = new WeakMap<FleetView, Map<string, readonly FleetVm[]>>();

async function matching(request: OperatorRequest, view: FleetView): Promise<readonly FleetVm[]> {
  const selector = selectorOf(request);
  const wanted = (name: string): string | null => request.query(name);
  const [kind, reason, phase, takesPart] = ['kind', 'reason', 'phase', 'takesPart'].map(wanted);
  const search = wanted('search')?.toLowerCase() ?? null;
  const all = await selectedIn(view, sortedBy(view, wanted('sort')), selector);
  const hasFilter = [kind, reason, phase, takesPart, search].some((one) => one !== null);
  if (!hasFilter) return all;
  return all.filter(
    (one) =>
      (kind === null || kind === (one.outcome?.kind ?? 'none')) &&
      (reason === null || reason === reasonOf(one)) &&
      (phase === null || phase === one.place?.phase) &&
      (takesPart === null || takesPart === String(one.ineligible === null)) &&
      (search === null || one.vm.name.toLowerCase().includes(search)),
  );
}

function sortedBy(view: FleetView, sort: string | null): readonly FleetVm[] {
  if (sort === null) return view.vms;
  const known = SORTED.get(view) ?? new Map<string, readonly FleetVm[]>();
  SORTED.set(view, known);
  const found = known.get(sort);
  if (found !== undefined) return found;
  const isDown = sort.startsWith('-');
  const column = columnOf(isDown ? sort.slice(1) : sort, 'sort');
  const keys = new Map(view.vms.map((one) => [one, valueOf(one, column)]));
  const sorted = [...view.vms].sort((a, b) => {
    const order = compare(keys.get(a) ?? null, keys.get(b) ?? null);
    return isDown ? -order : order;
  });
  known.set(sort, sorted);
  return sorted;
}

type Cell = FleetRow[Column];

/** What is not there comes last in ascending order. */
function compare(a: Cell, b: Cell): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** As selectors call it. */
const ALSO: Readonly<Record<string, Column>> = { subscription: 'subscriptionId', vm: 'vmId' };

function columnOf(name: string, parameter: string): Column {
  const found = COLUMNS.find((column) => column === (ALSO[name] ?? name));
  if (found !== undefined) return found;
  throw new LowtideError('REQUEST_INVALID', {
    what: `The query parameter ${parameter} names '${name}'.`,
    why: 'No column has this name.',
    fix: `The columns are ${COLUMNS.join(', ')}.`,
  });
}

function answer(request: OperatorRequest, view: FleetView, all: readonly FleetVm[]): HttpResponseInit {
  const limit = countIn(request, 'limit', { otherwise: LIMIT, min: 1, max: LIMIT_MAX });
  const after = countIn(request, 'after', FROM_THE_FIRST);
  const rows = all.slice(after, after + limit).map(rowOf);
  const nextLink =
    after + limit < all.length ? nextLinkOf('/api/fleet', request, QUERY, after + limit) : null;
  if (request.query('format') === 'csv') return csvAnswer(csvOf(COLUMNS, rows), nextLink);
  const group = request.query('group');
  const groupLimit = countIn(request, 'groupLimit', { otherwise: GROUPS, min: 1, max: GROUPS_MAX });
  return {
    jsonBody: {
      asOfUtc: view.asOfUtc,
      rolloutId: view.control?.rolloutId ?? null,
      total: all.length,
      value: rows,
      ...(group !== null && { groups: groupsOf(all, group, groupLimit) }),
      ...(nextLink !== null && { nextLink }),
    },
  };
}

function groupsOf(all: readonly FleetVm[], by: string, limit: number): { name: string; count: number }[] {
  const nameOf = groupingBy(by);
  const counts = new Map<string, number>();
  for (const one of all) {
    const name = nameOf(one);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, limit);
}

function groupingBy(by: string): (one: FleetVm) => string {
  // Names of sets are not unique; their ids are.
  if (by === 'availabilitySetId') return ({ vm }) => vm.availabilitySetId ?? 'none';
  if (by.startsWith('tag:')) return ({ vm }) => tagOf(vm.tags, by.slice(4)) ?? 'none';
  const column = columnOf(by, 'group');
  return (one) => String(valueOf(one, column) ?? 'none');
}

const reasonOf = ({ outcome, ineligible }: FleetVm): FleetRow['reason'] =>
  outcome?.reason ?? ineligible?.reason ?? null;

const valueOf = (one: FleetVm, column: Column): Cell => rowOf(one)[column];

function rowOf(one: FleetVm): FleetRow {
  const { vm, family, timeZone, ineligible, outcome, place } = one;
  return {
    vmId: vm.id,
    name: vm.name,
    subscriptionId: vm.subscriptionId,
    resourceGroup: vm.resourceGroup,
    region: vm.region,
    zone: vm.zone,
    availabilitySet: vm.availabilitySetId === null ? null : resourceName(vm.availabilitySetId),
    updateDomain: vm.updateDomain,
    osType: vm.osType,
    family,
    timeZone,
    takesPart: ineligible === null,
    kind: outcome?.kind ?? null,
    reason: reasonOf(one),
    detail: outcome?.detail ?? ineligible?.detail ?? '',
    outcomeUtc: outcome?.atUtc ?? null,
    phase: place?.phase ?? null,
    expectedStartUtc: place?.expectedStartUtc ?? null,
    control: vm.control?.kind ?? null,
  };
}

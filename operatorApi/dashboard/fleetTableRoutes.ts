import { z } from 'zod';
import type { Services } from '../../activities/services';
import { RolloutId } from '../../domain/ids';
import { LowtideError } from '../../domain/lowtideError';
import { notFound } from '../decideRollout';
import type { OperatorRequest, OperatorRoute } from '../route';
import type { Parameter } from '../routeDescription';
import { FleetTableShape } from '../shapes/dashboard';
import { fleetSnapshot, type FleetSnapshot } from './fleetSnapshot';
import {
  COLUMNS,
  csvOf,
  FILTERS,
  groupsOf,
  matchingRows,
  type Filter,
  type TableQuestion,
} from './fleetTable';

const ROUTE = 'api/fleet/virtual-machines';
const PAGE_MAX = 500;
const PAGE_DEFAULT = 100;

const Question = z.object({
  search: z.string().max(200, 'at most 200 characters').default(''),
  sort: z.enum(COLUMNS).default('name'),
  order: z.enum(['ascending', 'descending']).default('ascending'),
});
const Page = z.object({
  offset: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
  groupBy: z.enum(FILTERS).optional(),
});

const text = (about: string): Parameter => ({ about, schema: z.string() });

const QUESTION: Readonly<Record<string, Parameter>> = {
  rollout: text('The rollout whose plan and outcomes are shown; the latest when it is left out.'),
  search: text('Only VMs whose id or image family holds this text.'),
  ...Object.fromEntries(FILTERS.map((name) => [name, text(`Only VMs of this ${name}.`)])),
  sort: { about: 'The column to sort by.', schema: z.enum(COLUMNS) },
  order: { about: 'Of the sorting.', schema: Question.shape.order },
};

const listFleet: OperatorRoute = {
  name: 'listFleet',
  methods: ['GET'],
  role: 'reader',
  route: ROUTE,
  query: {
    ...QUESTION,
    offset: { about: 'How many rows to leave out.', schema: z.number().int() },
    limit: { about: `How many rows to answer, at most ${PAGE_MAX}.`, schema: z.number().int() },
    groupBy: { about: 'Also counts the VMs by this column.', schema: z.enum(FILTERS) },
  },
  description: {
    summary:
      'The VMs of the fleet with their place in the plan and how they stand: narrowed, sorted, a part of them.',
    answers: { 200: { about: 'The part, and how many there are.', schema: FleetTableShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const { offset, limit, groupBy } = Page.parse(given(request, ['offset', 'limit', 'groupBy']));
    const snapshot = await snapshotFor(services, request);
    const rows = matchingRows(snapshot, questionOf(request));
    return {
      jsonBody: {
        vmCount: snapshot.rows.length,
        matchedCount: rows.length,
        offset,
        value: rows.slice(offset, offset + limit),
        groups: groupBy === undefined ? [] : groupsOf(rows, groupBy),
      },
    };
  },
};

const saveFleet: OperatorRoute = {
  name: 'saveFleet',
  methods: ['GET'],
  role: 'reader',
  route: `${ROUTE}.csv`,
  query: QUESTION,
  description: {
    summary: 'The same as CSV, all rows.',
    answers: { 200: { about: 'One line a VM (RFC 4180).', contentType: 'text/csv' } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const rows = matchingRows(await snapshotFor(services, request), questionOf(request));
    return {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': 'attachment; filename="lowtide-virtual-machines.csv"',
      },
      body: csvOf(rows),
    };
  },
};

export const fleetTableRoutes: readonly OperatorRoute[] = [listFleet, saveFleet];

/** Of the rollout that is named, or else the latest; before the first rollout the fleet alone. */
async function snapshotFor(services: Services, request: OperatorRequest): Promise<FleetSnapshot> {
  const named = request.query('rollout');
  if (named === null) {
    const latest = (await services.rollouts.list()).at(-1);
    return fleetSnapshot(services, latest?.rolloutId ?? null);
  }
  const parsed = RolloutId.safeParse(named);
  if (!parsed.success)
    throw new LowtideError('REQUEST_INVALID', {
      what: `'${named}' is no rollout.`,
      why: 'A rollout is called rollout-YYYY-MM, after the month of its release.',
      fix: 'GET /api/rollouts lists them.',
    });
  if ((await services.rollouts.read(parsed.data)) === null) throw notFound(parsed.data);
  return fleetSnapshot(services, parsed.data);
}

function questionOf(request: OperatorRequest): TableQuestion {
  const { search, sort, order } = Question.parse(given(request, ['search', 'sort', 'order']));
  const filters: Partial<Record<Filter, string>> = {};
  for (const filter of FILTERS) {
    const value = request.query(filter);
    if (value !== null) filters[filter] = value;
  }
  return { search, filters, sort, descending: order === 'descending' };
}

function given(request: OperatorRequest, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = request.query(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

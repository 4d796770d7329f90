import { z } from 'zod';
import type { ApprovalFacts } from '../domain/approvals';
import { controlFor, type Halt, type RolloutControl } from '../domain/control';
import { Utc, VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import type { Services } from '../activities/services';
import { approvalFacts } from '../activities/control';
import { selects, type Selector } from '../domain/selector';
import { tagOf } from '../domain/tags';
import { LowtideError } from '../domain/lowtideError';
import { FORECAST_STATES, forecastVm, type ForecastState, type VmForecast } from '../planning/forecastVm';
import type { RoundSlot } from '../planning/roundSlot';
import { csvAnswer, csvOf } from './csv';
import { fleetView, type FleetVm } from './fleetView';
import type { OperatorRoute } from './route';
import { countIn, FROM_THE_FIRST, instantIn, nextLinkOf } from './queryValues';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';
import { instantParameter } from './shapes/shared';

const PAGE_SIZE = 500;

const StateCounts = z.object(
  Object.fromEntries(FORECAST_STATES.map((state) => [state, z.number().int()])) as Record<
    ForecastState,
    z.ZodNumber
  >,
);

const Row = z.object({
  vmId: VmId,
  state: z.enum(FORECAST_STATES),
  why: z.string(),
  expectedUtc: Utc.nullable(),
});

const Forecast = z.object({
  rolloutId: z.string().nullable(),
  asOfUtc: Utc,
  targetUtc: Utc.nullable(),
  deadlineUtc: Utc.nullable(),
  endsUtc: Utc.nullable(),
  counts: StateCounts,
  groups: z.array(z.object({ name: z.string(), counts: StateCounts })),
  value: z.array(Row),
  nextLink: z.string().exactOptional(),
});

const QUERY = {
  ...SELECTOR_QUERY,
  by: { about: 'Counts by region, subscription, family or tag:NAME; region without it.', schema: z.string() },
  asOf: instantParameter(
    'As of this instant; now without it. To come: what is expected by then counts as done.',
  ),
  state: {
    about: 'Only the VMs in this state are listed; all are counted.',
    schema: z.enum(FORECAST_STATES),
  },
  after: { about: 'So many rows are passed over: as nextLink has it.', schema: z.coerce.number().int() },
  format: { about: 'csv for a table of the VMs.', schema: z.enum(['json', 'csv']) },
};

interface Forecasted {
  readonly one: FleetVm;
  readonly forecast: VmForecast;
}

const showForecast: OperatorRoute = {
  name: 'showForecast',
  methods: ['GET'],
  role: 'reader',
  route: 'api/forecast',
  query: QUERY,
  description: {
    summary: 'Every VM against the 30 days: done, on time, at risk (why), late; 500 VMs a page.',
    answers: { 200: { about: 'Counts of all that fit, and a page of them.', schema: Forecast, orCsv: true } },
  },
  handler: async (request, context) => {
    const { services } = context;
    const asOfUtc = instantIn(request, 'asOf') ?? services.nowUtc();
    const state = request.query('state');
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const { control, rows } = await forecastFor(services, selectorOf(request), asOfUtc);
    const listed = state === null ? rows : rows.filter(({ forecast }) => forecast.state === state);
    const value = listed
      .slice(after, after + PAGE_SIZE)
      .map(({ one, forecast }) => ({ vmId: one.vm.id, ...forecast }));
    const nextLink =
      after + PAGE_SIZE < listed.length
        ? nextLinkOf('/api/forecast', request, QUERY, after + PAGE_SIZE)
        : null;
    if (request.query('format') === 'csv')
      return csvAnswer(csvOf(['vmId', 'state', 'why', 'expectedUtc'], value), nextLink);
    const { policy } = services;
    const seconds = (amount: number): string | null => control && addSeconds(control.releasedUtc, amount);
    return {
      jsonBody: {
        rolloutId: control?.rolloutId ?? null,
        asOfUtc,
        targetUtc: seconds(policy.forecastTargetDays * 86_400),
        deadlineUtc: seconds(policy.rolloutDeadlineSeconds),
        endsUtc: control?.endsUtc ?? null,
        counts: countsOf(rows),
        groups: groupsOf(rows, request.query('by') ?? 'region'),
        value,
        ...(nextLink !== null && { nextLink }),
      },
    };
  },
};

/** Every VM that fits, in the order of ids. Without a rollout there is no clock, and no row. */
export async function forecastFor(
  services: Services,
  selector: Selector,
  asOfUtc: string,
): Promise<{ readonly control: RolloutControl | null; readonly rows: readonly Forecasted[] }> {
  const view = await fleetView(services);
  const control = view.control && (await services.rollouts.read(view.control.rolloutId));
  if (control === null) return { control, rows: [] };
  const [halts, freezes, approvals] = await Promise.all([
    services.rollouts.halts(control.rolloutId),
    services.freezes.list(),
    approvalFacts(services, control.rolloutId),
  ]);
  const nowUtc = services.nowUtc();
  const starts = new Map<string, RoundSlot | null>();
  const hasSelector = Object.keys(selector).length > 0;
  const rows = view.vms
    .filter(({ vm }) => !hasSelector || selects(selector, vm))
    .map((one) => ({
      one,
      forecast: forecastVm({
        asOfUtc,
        nowUtc,
        policy: services.policy,
        control,
        waitsForPerson: waitOf(control, halts, approvals, one, nowUtc),
        freezes,
        vm: one.vm,
        timeZone: one.timeZone,
        ineligible: one.ineligible,
        outcome: one.outcome,
        plannedStartUtc: one.place?.expectedStartUtc ?? null,
        starts,
      }),
    }));
  return { control, rows };
}

function waitOf(
  control: RolloutControl,
  halts: readonly Halt[],
  approvals: ApprovalFacts | undefined,
  { vm, place, family }: FleetVm,
  nowUtc: string,
): string | null {
  if (place === null || (halts.length === 0 && control.mode === 'running' && approvals === undefined))
    return null;
  const { phase, region } = place;
  const { availabilitySetId, id: vmId } = vm;
  const here = controlFor(
    control,
    halts,
    { phase, region, family, availabilitySetId, vmId },
    nowUtc,
    approvals,
  );
  return here.kind === 'wait' ? here.why : null;
}

function countsOf(rows: readonly Forecasted[]): Record<ForecastState, number> {
  const counts = { done: 0, onTime: 0, atRisk: 0, late: 0, excluded: 0, notTakingPart: 0 };
  for (const { forecast } of rows) counts[forecast.state] += 1;
  return counts;
}

function groupsOf(
  rows: readonly Forecasted[],
  by: string,
): { name: string; counts: Record<ForecastState, number> }[] {
  const nameOf = groupingBy(by);
  const groups = new Map<string, Forecasted[]>();
  for (const row of rows) {
    const name = nameOf(row.one);
    const found = groups.get(name);
    if (found === undefined) groups.set(name, [row]);
    else found.push(row);
  }
  return [...groups]
    .map(([name, members]) => ({ name, counts: countsOf(members) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function groupingBy(by: string): (one: FleetVm) => string {
  if (by === 'region') return ({ vm }) => vm.region;
  if (by === 'subscription') return ({ vm }) => vm.subscriptionId;
  if (by === 'family') return ({ family }) => family;
  if (by.startsWith('tag:')) return ({ vm }) => tagOf(vm.tags, by.slice(4)) ?? 'none';
  throw new LowtideError('REQUEST_INVALID', {
    what: `The query parameter by is '${by}'.`,
    why: 'A forecast is counted by region, subscription, family or a tag.',
    fix: 'For example: by=tag:app.',
  });
}

export const forecastRoutes: readonly OperatorRoute[] = [showForecast];

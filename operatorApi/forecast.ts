import { z } from 'zod';
import { Utc, VmId } from '../domain/ids';
import { addSeconds } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import { targetUtcOf } from '../domain/release';
import { FORECAST_STATES, type ForecastState } from '../planning/forecastVm';
import { csvAnswer, csvOf } from './csv';
import { byFact, placesSelected, type ByFact } from './fleetIndex';
import { forecastOf, type KeptForecast } from './keptForecasts';
import type { OperatorContext, OperatorRequest, OperatorRoute } from './route';
import { countIn, FROM_THE_FIRST, instantIn, LIMIT, limitIn, nextLinkOf } from './queryValues';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';
import { instantParameter } from './shapes/shared';

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
  limit: LIMIT,
  format: { about: 'csv for a table of the VMs.', schema: z.enum(['json', 'csv']) },
};

const showForecast: OperatorRoute = {
  name: 'showForecast',
  methods: ['GET'],
  role: 'reader',
  route: 'api/forecast',
  query: QUERY,
  description: {
    summary: 'Every VM against the 30 days: done, on time, at risk (why), late; a page of VMs.',
    answers: { 200: { about: 'Counts of all that fit, and a page of them.', schema: Forecast, orCsv: true } },
  },
  handler: async (request, context) => {
    const { services } = context;
    const by = factOf(request.query('by') ?? 'region');
    const state = request.query('state');
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const limit = limitIn(request);
    const { forecast, places } = await forecastAll(request, context);
    const ofState = (): readonly number[] =>
      places.filter((place) => forecast?.byPlace[place]?.state === state);
    const listed = state === null ? places : prepared(forecast, places, `state ${state}`, ofState);
    const value = listed.slice(after, after + limit).map((place) => ({
      vmId: forecast?.view.vms[place]?.vm.id,
      ...forecast?.byPlace[place],
    }));
    const nextLink =
      after + limit < listed.length ? nextLinkOf('/api/forecast', request, QUERY, after + limit) : null;
    if (request.query('format') === 'csv')
      return csvAnswer(csvOf(['vmId', 'state', 'why', 'expectedUtc'], value), nextLink);
    const { policy } = services;
    const control = forecast?.control ?? null;
    const index = forecast === null ? null : await byFact(forecast.view, by);
    const groups =
      forecast === null || index === null
        ? []
        : prepared(forecast, places, `by ${by}`, () => groupsOf(forecast, places, index));
    return {
      jsonBody: {
        rolloutId: control?.rolloutId ?? null,
        asOfUtc: forecast?.asOfUtc ?? instantIn(request, 'asOf') ?? services.nowUtc(),
        targetUtc: control && targetUtcOf(control.releasedUtc, policy),
        deadlineUtc: control && addSeconds(control.releasedUtc, policy.rolloutDeadlineSeconds),
        endsUtc: control?.endsUtc ?? null,
        counts: sumOf(groups),
        groups,
        value,
        ...(nextLink !== null && { nextLink }),
      },
    };
  },
};

/** Every VM that fits, in the order of ids. Without a rollout there is no clock, and no row. */
async function forecastAll(
  request: OperatorRequest,
  { services }: OperatorContext,
): Promise<{ readonly forecast: KeptForecast | null; readonly places: readonly number[] }> {
  const selector = selectorOf(request);
  const forecast = await forecastOf(services, instantIn(request, 'asOf'));
  if (forecast === null) return { forecast, places: [] };
  return { forecast, places: (await placesSelected(forecast.view, selector)) ?? everyPlace(forecast) };
}

const everyPlace = (forecast: KeptForecast): readonly number[] => {
  const known = WHOLE.get(forecast) ?? { places: [...forecast.byPlace.keys()], made: new Map() };
  WHOLE.set(forecast, known);
  return known.places;
};

interface Whole {
  readonly places: readonly number[];
  readonly made: Map<string, unknown>;
}

/** What was counted of whole fleets, by the forecast that it was counted of: a forecast that is kept is never changed. */
const WHOLE = new WeakMap<KeptForecast, Whole>();
/** Tags have many names. */
const PREPARED_MAX = 50;

/** What is asked of the whole fleet is counted once a forecast; of a part of it, each time. */
function prepared<T>(
  forecast: KeptForecast | null,
  places: readonly number[],
  what: string,
  make: () => T,
): T {
  const whole = forecast === null ? undefined : WHOLE.get(forecast);
  if (whole?.places !== places) return make();
  if (!whole.made.has(what)) {
    if (whole.made.size >= PREPARED_MAX) whole.made.clear();
    whole.made.set(what, make());
  }
  return whole.made.get(what) as T;
}

type Counts = Record<ForecastState, number>;

const noCounts = (): Counts => ({ done: 0, onTime: 0, atRisk: 0, late: 0, excluded: 0, notTakingPart: 0 });

function groupsOf(
  { byPlace }: KeptForecast,
  places: readonly number[],
  { names, numbers }: ByFact,
): { name: string; counts: Counts }[] {
  const groups = new Map<number, Counts>();
  for (const place of places) {
    const number = numbers[place] ?? -1;
    let counts = groups.get(number);
    if (counts === undefined) groups.set(number, (counts = noCounts()));
    const state = byPlace[place]?.state;
    if (state !== undefined) counts[state] += 1;
  }
  return [...groups]
    .map(([number, counts]) => ({ name: names[number] ?? 'none', counts }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sumOf(groups: readonly { readonly counts: Counts }[]): Counts {
  const sum = noCounts();
  for (const { counts } of groups) for (const state of FORECAST_STATES) sum[state] += counts[state];
  return sum;
}

function factOf(by: string): string {
  if (by === 'region' || by === 'subscription' || by === 'family' || /^tag:./.test(by)) return by;
  throw new LowtideError('REQUEST_INVALID', {
    what: `The query parameter by is '${by}'.`,
    why: 'A forecast is grouped by region, subscription, family or a tag.',
    fix: 'For example: by=tag:app.',
  });
}

export const forecastRoutes: readonly OperatorRoute[] = [showForecast];

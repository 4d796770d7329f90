import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { instantText, writeJson, writeRows, writeStream, type OutputOptions, type Row } from './output';
import { localForecast } from './localFleet';
import { describeNothing, selectorQuery, withIds, type SelectorOptions } from './selectors';

type Common = HostOptions & OutputOptions;

export interface FleetOptions extends Common, SelectorOptions {
  readonly kind?: string | undefined;
  readonly reason?: string | undefined;
  readonly phase?: string | undefined;
  readonly search?: string | undefined;
  readonly sort?: string | undefined;
  readonly group?: string | undefined;
  readonly limit: number;
}

/** For people: what was planned; `forecast` says what is expected now. */
const FLEET_COLUMNS = ['name', 'region', 'zone', 'kind', 'reason', 'phase', 'plannedStartUtc', 'outcomeUtc'];
const PAGE_MAX = 1_000;
/** Of a page of the forecast. */
const ROWS_MAX = 500;

export async function runFleet(given: FleetOptions): Promise<0> {
  const api = apiClient(given);
  const options = await withIds(api, given);
  const { kind, reason, phase, search, sort, group, limit } = options;
  const asked = { ...selectorQuery(options), kind, reason, phase, search, sort, group };
  const path = queryOf('/api/fleet', { ...asked, limit: Math.min(PAGE_MAX, limit) });
  if (group !== undefined) {
    const { groups } = await api.get<{ groups: readonly Row[] }>(path);
    const named =
      options.json || options.csv ? groups : groups.map((row) => ({ [group]: row['name'], ...row }));
    writeRows([options.json || options.csv ? 'name' : group, 'count'], named, options);
    return 0;
  }
  const rows: Row[] = [];
  for await (const row of api.rows<Row>(path)) {
    if (rows.length >= limit) break;
    rows.push(row);
  }
  if (options.csv || options.json) writeRows(Object.keys(rows[0] ?? {}), rows, options);
  else
    writeRows(
      FLEET_COLUMNS,
      rows.map((row) => ({ ...row, plannedStartUtc: row['expectedStartUtc'] })),
      options,
    );
  return 0;
}

export interface ForecastOptions extends Common, SelectorOptions {
  /** A fleet file, instead of a host. */
  readonly file?: string | undefined;
  readonly settings?: string | undefined;
  readonly month?: string | undefined;
  readonly by: string;
  readonly asOf?: string | undefined;
  readonly state?: string | undefined;
}

const FORECAST_COLUMNS = ['vmId', 'state', 'expectedUtc', 'why'];

interface ForecastView {
  readonly asOfUtc: string;
  readonly rolloutId: string | null;
  readonly deadlineUtc: string | null;
  readonly counts: Row;
  readonly groups: readonly { readonly name: string; readonly counts: Row }[];
}

export async function runForecast(options: ForecastOptions): Promise<0> {
  const { by, asOf, state, file } = options;
  const isList = state !== undefined || options.csv === true;
  if (file !== undefined) {
    const { value, ...forecast } = localForecast({ ...options, file });
    const listed = value.filter((row) => state === undefined || state === row.state);
    if (isList) writeRows(FORECAST_COLUMNS, listed as unknown as readonly Row[], options);
    else writeForecast({ ...forecast, ...(options.json && { value }) }, options);
    return 0;
  }
  const api = apiClient(options);
  const selected = selectorQuery(await withIds(api, options));
  const path = queryOf('/api/forecast', { ...selected, by, asOf, state, limit: ROWS_MAX });
  if (isList) await writeStream(FORECAST_COLUMNS, api.rows<Row>(path), { ...options, limit: Infinity });
  else writeForecast(await api.get<ForecastView>(path), options);
  return 0;
}

function writeForecast(forecast: ForecastView, options: ForecastOptions): void {
  if (options.json) {
    writeJson(forecast);
    return;
  }
  const { by } = options;
  const { rolloutId, asOfUtc, deadlineUtc, counts, groups } = forecast;
  if (rolloutId === null || deadlineUtc === null) {
    say.line('There is no rollout yet.');
    return;
  }
  say.line(`${rolloutId} as of ${instantText(asOfUtc)}, deadline ${instantText(deadlineUtc)}`);
  if (groups.length === 0) {
    say.line(describeNothing(options));
    return;
  }
  const rows = [...groups, { name: 'all', counts }].map(({ name, counts: own }) => ({ [by]: name, ...own }));
  writeRows([by, 'done', 'onTime', 'atRisk', 'late', 'excluded', 'notTakingPart'], rows, {});
}

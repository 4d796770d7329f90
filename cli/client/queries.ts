import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import {
  coloured,
  instantText,
  writeJson,
  writeRows,
  writeStream,
  type OutputOptions,
  type Row,
} from './output';
import { localForecast } from './localFleet';
import { selectorQuery, vmIdOf, type SelectorOptions } from './selectors';

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

const FLEET_COLUMNS = ['name', 'region', 'zone', 'kind', 'reason', 'phase', 'expectedStartUtc', 'outcomeUtc'];
const PAGE_MAX = 1_000;

export async function runFleet(options: FleetOptions): Promise<0> {
  const { kind, reason, phase, search, sort, group, limit } = options;
  const api = apiClient(options);
  const asked = { ...selectorQuery(options), kind, reason, phase, search, sort, group };
  const path = queryOf('/api/fleet', { ...asked, limit: Math.min(PAGE_MAX, limit) });
  if (group !== undefined) {
    const { groups } = await api.get<{ groups: readonly Row[] }>(path);
    writeRows(['name', 'count'], groups, options);
    return 0;
  }
  const rows: Row[] = [];
  for await (const row of api.rows<Row>(path)) {
    if (rows.length >= limit) break;
    rows.push(row);
  }
  writeRows(options.csv ? Object.keys(rows[0] ?? {}) : FLEET_COLUMNS, rows, options);
  return 0;
}

interface Explanation {
  readonly vmId: string;
  readonly state: string;
  readonly sentence: string;
  readonly deadlineUtc: string | null;
  readonly start: {
    readonly earliestUtc: string;
    readonly expectedUtc: string | null;
    readonly latestUtc: string;
  } | null;
  readonly place: Readonly<Record<'phase' | 'region' | 'stage' | 'group' | 'round', string | number>> | null;
  readonly holds: readonly {
    readonly reason: string;
    readonly detail: string;
    readonly sinceUtc: string | null;
    readonly unblocks: { readonly by: string; readonly what: string };
  }[];
  readonly patches:
    | readonly {
        readonly kbId: string | null;
        readonly name: string;
        readonly version: string;
        readonly state: string;
      }[]
    | null;
  readonly evidence: Readonly<Record<'family' | 'healthyCount' | 'startedCount', string | number>> | null;
}

export async function runWhy(
  nameOrId: string,
  options: Common & { readonly live?: boolean | undefined },
): Promise<0> {
  const api = apiClient(options);
  const id = await vmIdOf(api, nameOrId);
  const live = options.live ? 'true' : undefined;
  const found = await api.get<Explanation>(queryOf('/api/explain', { id, live }));
  if (options.json) writeJson(found);
  else for (const line of describeExplanation(found)) say.line(line);
  return 0;
}

function describeExplanation({
  vmId,
  state,
  sentence,
  holds,
  place,
  start,
  deadlineUtc,
  patches,
  evidence,
}: Explanation): string[] {
  const lines = [`${vmId.split('/').at(-1) ?? vmId}: ${coloured(state)}`, `  ${sentence}`];
  for (const { reason, sinceUtc, unblocks } of holds)
    lines.push(
      `  ${reason}${sinceUtc === null ? '' : ` since ${instantText(sinceUtc)}`}. What unblocks it (${unblocks.by}): ${unblocks.what}`,
    );
  if (place !== null)
    lines.push(
      `  its place: ${place.phase}, ${place.region}, ${place.stage}, ${place.group}, round ${place.round}`,
    );
  if (start !== null) {
    const { earliestUtc, expectedUtc, latestUtc } = start;
    const expected = expectedUtc === null ? 'not before a person acts' : instantText(expectedUtc);
    lines.push(
      `  start: earliest ${instantText(earliestUtc)}, expected ${expected}, latest ${instantText(latestUtc)}`,
    );
  }
  if (deadlineUtc !== null) lines.push(`  deadline: ${instantText(deadlineUtc)}`);
  for (const { kbId, name, version, state: became } of patches ?? [])
    lines.push(`  ${became}: ${kbId === null ? `${name} ${version}` : name}`);
  if (evidence !== null)
    lines.push(
      `  evidence: ${evidence.healthyCount} of ${evidence.startedCount} installations of ${evidence.family} are healthy`,
    );
  return lines;
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
  const path = queryOf('/api/forecast', { ...selectorQuery(options), by, asOf, state });
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
  const { rolloutId, deadlineUtc, counts, groups } = forecast;
  if (rolloutId === null || deadlineUtc === null) {
    say.line('There is no rollout yet: no clock runs.');
    return;
  }
  say.line(`${rolloutId}, deadline ${instantText(deadlineUtc)}`);
  const rows = [...groups, { name: 'all', counts }].map(({ name, counts: own }) => ({ [by]: name, ...own }));
  writeRows([by, 'done', 'onTime', 'atRisk', 'late', 'excluded', 'notTakingPart'], rows, {});
}

import { readFileSync } from 'node:fs';
import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { apiClient, queryOf, type ApiClient, type HostOptions } from './apiClient';
import { coloured, instantText, writeJson, writeRows, type OutputOptions, type Row } from './output';

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

type Common = HostOptions & OutputOptions;

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
  return lines;
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

export interface ForecastOptions extends Common, SelectorOptions {
  readonly by: string;
  readonly asOf?: string | undefined;
  readonly state?: string | undefined;
}

export async function runForecast(options: ForecastOptions): Promise<0> {
  const api = apiClient(options);
  const { by, asOf, state } = options;
  const path = queryOf('/api/forecast', { ...selectorQuery(options), by, asOf, state });
  if (state !== undefined || options.csv) {
    const rows: Row[] = [];
    for await (const row of api.rows<Row>(path)) rows.push(row);
    writeRows(['vmId', 'state', 'expectedUtc', 'why'], rows, options);
    return 0;
  }
  const forecast = await api.get<{
    readonly rolloutId: string | null;
    readonly deadlineUtc: string | null;
    readonly counts: Row;
    readonly groups: readonly { readonly name: string; readonly counts: Row }[];
  }>(path);
  if (options.json) {
    writeJson(forecast);
    return 0;
  }
  const { rolloutId, deadlineUtc, counts, groups } = forecast;
  if (rolloutId === null || deadlineUtc === null) {
    say.line('There is no rollout yet: no clock runs.');
    return 0;
  }
  say.line(`${rolloutId}, deadline ${instantText(deadlineUtc)}`);
  const rows = [...groups, { name: 'all', counts }].map(({ name, counts: own }) => ({ [by]: name, ...own }));
  writeRows([by, 'done', 'onTime', 'atRisk', 'late', 'excluded', 'notTakingPart'], rows, {});
  return 0;
}

export interface PreviewOptions extends Common, SelectorOptions {
  readonly month?: string | undefined;
  readonly against?: string | undefined;
  readonly fleet?: string | undefined;
  readonly policy?: string | undefined;
  readonly vms?: boolean | undefined;
}

interface Preview {
  readonly month: string;
  readonly vmCount: number;
  readonly matchedCount: number;
  readonly finish: Readonly<Record<'p50Utc' | 'p95Utc' | 'lastUtc', string | null>>;
  readonly late: { readonly count: number };
  readonly heldCount: number;
  readonly phases: readonly (Row & { readonly phase: string; readonly regions: readonly Row[] })[];
  readonly value: readonly Row[];
  readonly diff?: {
    readonly addedCount: number;
    readonly removedCount: number;
    readonly movedCount: number;
    readonly moved: readonly MovedVm[];
  };
}

interface MovedVm {
  readonly vmId: string;
  readonly before: { readonly phase: string; readonly day: number };
  readonly after: { readonly phase: string; readonly day: number };
}

export async function runPreview(options: PreviewOptions): Promise<0> {
  const api = apiClient(options);
  const { month, against, fleet, policy } = options;
  const isComparison = fleet !== undefined || policy !== undefined;
  const preview = isComparison
    ? await api.send<Preview>('POST', '/api/preview', {
        ...(month !== undefined && { month }),
        selector: bodySelector(options),
        ...(policy !== undefined && { policy: readJson(policy) }),
        ...(fleet !== undefined && { fleet: readJson(fleet) }),
      })
    : await api.get<Preview>(queryOf('/api/preview', { ...selectorQuery(options), month, against }));
  if (options.json) writeJson(preview);
  else if (options.csv || options.vms)
    writeRows(
      ['vmId', 'phase', 'region', 'stage', 'expectedStartUtc', 'expectedEndUtc', 'heldUntilUtc'],
      preview.value,
      options,
    );
  else writePreview(preview);
  return 0;
}

function writePreview({
  month,
  vmCount,
  matchedCount,
  finish,
  late,
  heldCount,
  phases,
  diff,
}: Preview): void {
  const of = matchedCount === vmCount ? `${vmCount} VMs` : `${matchedCount} of ${vmCount} VMs`;
  const at = (utc: string | null): string => (utc === null ? 'never' : instantText(utc));
  say.line(
    `${month}: ${of}; half done ${at(finish.p50Utc)}, 95 % ${at(finish.p95Utc)}, all ${at(finish.lastUtc)}`,
  );
  if (late.count > 0) say.line(`${late.count} late`);
  if (heldCount > 0) say.line(`${heldCount} held by a freeze or an exclusion in their turn`);
  const rows = phases.flatMap(({ phase, regions }) => regions.map((region) => ({ phase, ...region })));
  const wanted = rows.filter((row: Row) => row['matchedCount'] !== 0);
  writeRows(
    ['phase', 'region', 'matchedCount', 'roundCount', 'expectedStartUtc', 'expectedEndUtc'],
    wanted,
    {},
  );
  if (diff === undefined) return;
  say.line(`\n${diff.addedCount} more, ${diff.removedCount} fewer, ${diff.movedCount} moved`);
  const moved = diff.moved.map(({ vmId, before, after }) => ({
    vmId,
    before: `${before.phase} day ${before.day}`,
    after: `${after.phase} day ${after.day}`,
  }));
  if (moved.length > 0) writeRows(['vmId', 'before', 'after'], moved, {});
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

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: `${file} is not JSON.`,
        why: cause instanceof Error ? cause.message : String(cause),
        fix: 'Give a file with one JSON document.',
      },
      { cause },
    );
  }
}

import { describeSelector, Selector } from '../../domain/selector';
import { readText } from '../../local/readText';
import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { writeJson, writeRows, type OutputOptions, type Row } from './output';
import { bodySelector, selectorQuery, withIds, type SelectorOptions } from './selectors';

type Kind = 'freezes' | 'exclusions';
type Common = HostOptions & OutputOptions;

const COLUMNS = ['id', 'state', 'from', 'to', 'timeZone', 'selector', 'vmCount', 'owner', 'reason'];

/** For people: which VMs in words, and in whose time zone. Programs get the rows as they are. */
function write(rows: readonly Row[], options: OutputOptions): void {
  const shown = rows.map((row) => ({
    ...row,
    timeZone: isInstant(row['from']) && isInstant(row['to']) ? '' : (row['timeZone'] ?? "each VM's own"),
    selector: describeSelector(Selector.parse(row['selector'])),
  }));
  writeRows(COLUMNS, options.json || options.csv ? rows : shown, options);
}

const isInstant = (when: unknown): boolean => /(Z|[+-]\d\d:\d\d)$/.test(String(when).slice(10));

export async function runFreezeList(kind: Kind, options: Common): Promise<0> {
  const rows: Row[] = [];
  for await (const row of apiClient(options).rows<Row>(`/api/${kind}`)) rows.push(row);
  write(rows, options);
  return 0;
}

export interface FreezeAddOptions extends Common, SelectorOptions {
  readonly from: string;
  readonly to: string;
  readonly timeZone?: string | undefined;
  readonly reason: string;
  readonly owner: string;
}

export async function runFreezeAdd(kind: Kind, id: string, options: FreezeAddOptions): Promise<0> {
  const api = apiClient(options);
  const { from, to, timeZone, reason, owner } = options;
  const selector = bodySelector(await withIds(api, options));
  const body = { selector, from, to, reason, owner, ...(timeZone !== undefined && { timeZone }) };
  const kept = await api.send<Row>('PUT', `/api/${kind}/${encodeURIComponent(id)}`, body);
  write([kept], options);
  if (kept['vmCount'] === 0) say.error('note: No VM of the fleet fits this now; one that comes later will.');
  return 0;
}

export async function runFreezeRemove(
  kind: Kind,
  id: string,
  options: Common & { readonly reason?: string },
): Promise<0> {
  const path = queryOf(`/api/${kind}/${encodeURIComponent(id)}`, { reason: options.reason });
  const was = await apiClient(options).send<Row>('DELETE', path);
  if (options.json) writeJson(was);
  else say.line(`${id} is lifted.`);
  return 0;
}

export async function runFreezeImport(
  file: string,
  options: Common & SelectorOptions & { readonly owner?: string | undefined },
): Promise<0> {
  const text = readText(file);
  const api = apiClient(options);
  const selected = selectorQuery(await withIds(api, options));
  const path = queryOf('/api/freezes/import', { ...selected, owner: options.owner });
  const { value, notes } = await api.send<{ value: readonly Row[]; notes: readonly string[] }>(
    'POST',
    path,
    text,
    'text/calendar',
  );
  for (const note of notes) say.error(`note: ${note}`);
  write(value, options);
  return 0;
}

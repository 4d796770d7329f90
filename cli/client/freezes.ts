import { readFileSync } from 'node:fs';
import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { writeJson, writeRows, type OutputOptions, type Row } from './output';
import { bodySelector, selectorQuery, vmIdOf, type SelectorOptions } from './selectors';

type Kind = 'freezes' | 'exclusions';
type Common = HostOptions & OutputOptions;

const COLUMNS = ['id', 'state', 'from', 'to', 'timeZone', 'selector', 'owner', 'reason'];

export async function runFreezeList(kind: Kind, options: Common): Promise<0> {
  const { value } = await apiClient(options).get<{ value: readonly Row[] }>(`/api/${kind}`);
  writeRows(COLUMNS, value, options);
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
  const { from, to, timeZone, reason, owner, vm } = options;
  const selector = bodySelector({ ...options, vm: vm === undefined ? undefined : await vmIdOf(api, vm) });
  const body = { selector, from, to, reason, owner, ...(timeZone !== undefined && { timeZone }) };
  const kept = await api.send<Row>('PUT', `/api/${kind}/${encodeURIComponent(id)}`, body);
  writeRows(COLUMNS, [kept], options);
  return 0;
}

export async function runFreezeRemove(kind: Kind, id: string, options: Common): Promise<0> {
  const was = await apiClient(options).send<Row>('DELETE', `/api/${kind}/${encodeURIComponent(id)}`);
  if (options.json) writeJson(was);
  else say.line(`${id} is lifted.`);
  return 0;
}

export async function runFreezeImport(
  file: string,
  options: Common & SelectorOptions & { readonly owner?: string | undefined },
): Promise<0> {
  const path = queryOf('/api/freezes/import', { ...selectorQuery(options), owner: options.owner });
  const text = readFileSync(file, 'utf8');
  const { value, notes } = await apiClient(options).send<{ value: readonly Row[]; notes: readonly string[] }>(
    'POST',
    path,
    text,
    'text/calendar',
  );
  for (const note of notes) say.error(`note: ${note}`);
  writeRows(COLUMNS, value, options);
  return 0;
}

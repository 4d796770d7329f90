import { readFileSync } from 'node:fs';
import { LowtideError } from '../../domain/lowtideError';
import { messageOf } from '../../domain/messageOf';
import { say } from '../../local/say';
import { readPolicyFile } from '../../composition/policyFile';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { instantText, writeJson, writeRows, type OutputOptions, type Row } from './output';
import { localPreview } from './localFleet';
import { bodySelector, selectorQuery, type SelectorOptions } from './selectors';

type Common = HostOptions & OutputOptions;

export interface PreviewOptions extends Common, SelectorOptions {
  /** A fleet file, instead of a host. */
  readonly file?: string | undefined;
  readonly settings?: string | undefined;
  readonly month?: string | undefined;
  readonly against?: string | undefined;
  readonly fleet?: string | undefined;
  readonly policy?: string | undefined;
  readonly vms?: boolean | undefined;
}

export interface Preview {
  readonly month: string;
  readonly endsUtc: string;
  readonly vmCount: number;
  readonly matchedCount: number;
  readonly finish: Readonly<Record<'p50Utc' | 'p95Utc' | 'lastUtc', string | null>>;
  readonly late: { readonly count: number };
  readonly heldCount: number;
  readonly phases: readonly (Row & {
    readonly phase: string;
    readonly regions: readonly Row[];
    readonly approval?: { readonly rule: string; readonly byUtc: string } | null;
  })[];
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

const COLUMNS = ['vmId', 'phase', 'region', 'stage', 'expectedStartUtc', 'expectedEndUtc', 'heldUntilUtc'];

export async function runPreview(options: PreviewOptions): Promise<0> {
  const preview = options.file === undefined ? await ofHost(options) : ofFile(options, options.file);
  if (options.json) writeJson(preview);
  else if (options.csv || options.vms) writeRows(COLUMNS, preview.value, options);
  else writePreview(preview);
  return 0;
}

/** Without a host: the fleet is in a file, and the policy is that of the settings here. */
function ofFile(options: PreviewOptions, file: string): Preview {
  const { against, fleet, policy } = options;
  const compared = { against, fleet, ...(policy !== undefined && { policy: policyIn(policy) }) };
  return localPreview({ ...options, file }, compared) as unknown as Preview;
}

async function ofHost(options: PreviewOptions): Promise<Preview> {
  const api = apiClient(options);
  const { month, against, fleet, policy, csv, vms } = options;
  if (fleet !== undefined || policy !== undefined)
    return api.send<Preview>('POST', '/api/preview', {
      ...(month !== undefined && { month }),
      selector: bodySelector(options),
      ...(policy !== undefined && { policy: policyIn(policy) }),
      ...(fleet !== undefined && { fleet: readJson(fleet) }),
    });
  const path = queryOf('/api/preview', { ...selectorQuery(options), month, against });
  const first = await api.get<Preview>(path);
  if (!csv && !vms) return first;
  const value: Row[] = [];
  for await (const row of api.rows<Row>(path)) value.push(row);
  return { ...first, value };
}

/** Members of a policy: a policy file, or JSON with the names and seconds of the app. */
function policyIn(file: string): Record<string, unknown> {
  return file.endsWith('.json')
    ? (readJson(file) as Record<string, unknown>)
    : readPolicyFile(readFileSync(file, 'utf8'));
}

export function writePreview({
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
  for (const { phase, approval } of phases)
    if (approval)
      say.line(
        `${phase} waits for an approval ${approval.rule}: the dates hold when it is given by ${at(approval.byUtc)}`,
      );
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

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new LowtideError(
      'ARGUMENT_INVALID',
      {
        what: `${file} is not JSON.`,
        why: messageOf(cause),
        fix: 'Give a file with one JSON document.',
      },
      { cause },
    );
  }
}

import { readFileSync } from 'node:fs';
import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { instantText, writeJson, writeRows, type OutputOptions, type Row } from './output';
import { bodySelector, selectorQuery, type SelectorOptions } from './selectors';

type Common = HostOptions & OutputOptions;

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

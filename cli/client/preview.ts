import { LowtideError } from '../../domain/lowtideError';
import { messageOf } from '../../domain/messageOf';
import { readText } from '../../local/readText';
import { say } from '../../local/say';
import { readPolicyFile } from '../../composition/policyFile';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { instantText, writeJson, writeRows, type OutputOptions, type Row } from './output';
import { localPreview } from './localFleet';
import { bodySelector, describeNothing, selectorQuery, withIds, type SelectorOptions } from './selectors';
import { resourceName } from '../../domain/ids';
import { vmsText } from '../../domain/listed';

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
  readonly late: { readonly count: number; readonly value: readonly { readonly detail: string }[] };
  readonly ineligible: Readonly<Record<string, number>>;
  readonly shares: readonly {
    readonly availabilitySetId: string;
    readonly largestRound: number;
    readonly limit: number;
  }[];
  readonly budgets: readonly {
    readonly budget: string;
    readonly vmCount: number;
    readonly limit: number;
    readonly downCount: number;
    readonly room: number;
    readonly largestRound: number;
  }[];
  readonly heldCount: number;
  readonly phases: readonly (Row & {
    readonly phase: string;
    /** Its name, of a phase of VMs that go before the canary. */
    readonly ring?: string | null;
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

/** Of a page. */
const ROWS_MAX = 500;
const COLUMNS = ['vmId', 'phase', 'region', 'stage', 'expectedStartUtc', 'expectedEndUtc', 'heldUntilUtc'];

export async function runPreview(given: PreviewOptions): Promise<0> {
  const options = given.file === undefined ? await withIds(apiClient(given), given) : given;
  const preview = options.file === undefined ? await ofHost(options) : ofFile(options, options.file);
  if (options.json) writeJson(preview);
  else if (options.csv || options.vms) writeRows(COLUMNS, preview.value, options);
  else writePreview(preview, options);
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
  const path = queryOf('/api/preview', { ...selectorQuery(options), month, against, limit: ROWS_MAX });
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
    : readPolicyFile(readText(file));
}

export function writePreview(preview: Preview, selected: SelectorOptions): void {
  const { month, vmCount, matchedCount, finish, phases, diff } = preview;
  if (matchedCount === 0) {
    say.line(`${month}: ${describeNothing(selected)}`);
    writeLeftOut(preview);
    return;
  }
  const of = matchedCount === vmCount ? vmsText(vmCount) : `${matchedCount} of ${vmsText(vmCount)}`;
  const at = (utc: string | null): string => (utc === null ? 'never' : instantText(utc));
  say.line(
    `${month}: ${of}; half done ${at(finish.p50Utc)}, 95 % ${at(finish.p95Utc)}, all ${at(finish.lastUtc)}`,
  );
  writeLeftOut(preview);
  writeLimits(preview);
  for (const { phase, approval } of phases)
    if (approval)
      say.line(
        `${phase} waits for an approval ${approval.rule}: the dates hold when it is given by ${at(approval.byUtc)}`,
      );
  const rows = phases.flatMap(({ phase, ring, regions }) =>
    regions.map((region) => ({ phase: ring ? `${phase}, ring ${ring}` : phase, ...region })),
  );
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

/** Which VMs are late and why, how many are held, and which take no part. */
function writeLeftOut({ late, heldCount, ineligible }: Preview): void {
  const reasons = new Map<string, number>();
  for (const { detail } of late.value) reasons.set(detail, (reasons.get(detail) ?? 0) + 1);
  if (late.count > 0) say.line(`${late.count} late: ${[...reasons.keys()].slice(0, 3).join('; ')}`);
  if (heldCount > 0) say.line(`${heldCount} held by a freeze or an exclusion in their turn`);
  const out = Object.entries(ineligible).map(([reason, count]) => `${reason} ${count}`);
  if (out.length > 0) say.line(`not taking part: ${out.join(', ')}`);
}

/** The sets and budgets whose rounds come nearest to what may be down at once. */
function writeLimits({ shares, budgets }: Preview): void {
  const [nearest] = [...shares].sort((a, b) => b.largestRound / b.limit - a.largestRound / a.limit);
  const name = nearest === undefined ? '' : resourceName(nearest.availabilitySetId);
  if (nearest !== undefined)
    say.line(`most of a set at once: ${nearest.largestRound} of at most ${nearest.limit}, in ${name}`);
  for (const { budget, vmCount, limit, downCount, room, largestRound } of budgets) {
    const left = room === 0 ? 'its VMs wait until some are back' : `${room} left`;
    const down = downCount === 0 ? '' : ` (${downCount} down by themselves: ${left})`;
    const of = `at most ${limit} of ${vmsText(vmCount)} down${down}`;
    say.line(`budget ${budget}: ${of}; its largest round has ${largestRound}`);
  }
}

function readJson(file: string): unknown {
  const text = readText(file);
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

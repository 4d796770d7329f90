import { z } from 'zod';
import type { AuditFreeze, AuditInput, AuditPhase, AuditTrailRow, JudgedEvidence } from '../audit/auditInput';
import type { AuditSelector } from '../audit/selectVms';
import type { Host } from '../emulator/host';

/** A rollout's own report, as far as the auditor holds it against the driver's log. */
export const ReportedRollout = z.object({
  rolloutId: z.string(),
  state: z.string(),
  endsUtc: z.string(),
  emergency: z
    .object({
      selector: z.custom<AuditSelector>((value) => typeof value === 'object' && value !== null),
      hours: z.object({ opens: z.string(), closes: z.string() }).nullable(),
    })
    .nullable()
    .exactOptional(),
  phases: z.array(
    z.object({
      phase: z.string(),
      ring: z.string().nullable().exactOptional(),
      regions: z.array(z.string()),
      startedUtc: z.string().nullable(),
      endedUtc: z.string().nullable(),
      gate: z.object({ kind: z.string(), why: z.string() }).nullable(),
    }),
  ),
  halts: z.array(
    z.object({
      haltId: z.string(),
      kind: z.string(),
      phase: z.string(),
      region: z.string().nullable(),
      why: z.string(),
      scope: z
        .object({ kind: z.string(), family: z.string().exactOptional(), region: z.string().exactOptional() })
        .exactOptional(),
      atUtc: z.string(),
      decision: z.object({ kind: z.string(), atUtc: z.string() }).nullable(),
    }),
  ),
});
export type ReportedRollout = Readonly<z.infer<typeof ReportedRollout>>;

export const ReportedOutcome = z.object({
  vm: z.string(),
  kind: z.string(),
  reason: z.string(),
  atUtc: z.string(),
});
export type ReportedOutcome = Readonly<z.infer<typeof ReportedOutcome>>;

/** A row of a rollout's audit, with the rollout it belongs to. */
export const ReportedAuditRow = z.looseObject({
  rolloutId: z.string(),
  atUtc: z.string(),
  what: z.string(),
  subject: z.string(),
  vmId: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
});
export type ReportedAuditRow = Readonly<z.infer<typeof ReportedAuditRow>>;

/** How a large fleet is read while the app is in memory. */
interface Reading {
  readonly rowsAPage?: number;
  /** Of its VMs, by themselves: what is read has the id as another text each time. */
  readonly ids?: ReadonlyMap<string, string>;
}

const NO_IDS: ReadonlyMap<string, string> = new Map();

/** Without what only a reader of the audit wants: a month of 100,000 VMs has some 160,000 rows of 1 to 2 KB, and they are read while the app is in memory. */
function asJudged(
  { rolloutId, atUtc, what, subject, vmId: read, evidence }: AuditTrailRow,
  ids: ReadonlyMap<string, string>,
): AuditTrailRow {
  const vmId = read === null ? null : (ids.get(read) ?? read);
  return {
    rolloutId,
    atUtc,
    what,
    subject: subject === vmId ? vmId : subject, // one text, not two
    vmId,
    evidence: judgedEvidence(evidence),
  };
}

const judgedEvidence = ({ operationId, scope, patched }: JudgedEvidence): JudgedEvidence => ({
  operationId,
  scope,
  patched,
});

/** What answers: a host in this process, or one behind a socket. */
export type Api = Pick<Host, 'request'>;

/** Every rollout there is: the next month's may begin before this one's thirty days are over. */
export async function rolloutsOf(host: Api): Promise<readonly ReportedRollout[]> {
  const rollouts: ReportedRollout[] = [];
  for (const { id } of (await ask<{ value: { id: string }[] }>(host, '/api/rollouts')).value) {
    const described = await ask<object>(host, `/api/rollouts/${id}`);
    rollouts.push(ReportedRollout.parse({ ...described, rolloutId: id }));
  }
  return rollouts;
}

/** Every VM's outcome, as an operator would read it. */
export async function outcomesOf(
  host: Api,
  rolloutId: string,
  { rowsAPage = 500, ids = NO_IDS }: Reading = {},
): Promise<readonly ReportedOutcome[]> {
  const outcomes: ReportedOutcome[] = [];
  const path = `/api/rollouts/${rolloutId}/virtual-machines?limit=${rowsAPage}`;
  for await (const one of paged<{ vmId: string; kind: string; reason: string; atUtc: string }>(host, path))
    outcomes.push({
      vm: ids.get(one.vmId) ?? one.vmId,
      kind: one.kind,
      reason: one.reason,
      atUtc: one.atUtc,
    });
  return outcomes;
}

/** Of these VMs, the ones that their owners have deleted: nothing more is asked for them. */
export async function deletedOf(
  host: Api,
  vms: readonly { readonly id: string; readonly armId: string }[],
): Promise<readonly string[]> {
  const present = new Set<string>();
  for await (const { id } of paged<{ id: string }>(host, '/api/simulated/virtual-machines?present=true'))
    present.add(id);
  return vms.filter(({ id }) => !present.has(id)).map(({ armId }) => armId);
}

/** The audit of rollouts, oldest row first: what the auditor judges by, or whole. A host of an earlier version has pages of its own size. */
export async function trailOf(
  host: Api,
  rollouts: readonly ReportedRollout[],
  { whole = false, rowsAPage, ids = NO_IDS }: Reading & { readonly whole?: boolean } = {},
): Promise<readonly AuditTrailRow[]> {
  const rows: AuditTrailRow[] = [];
  const query = rowsAPage === undefined ? '' : `?limit=${rowsAPage}`;
  for (const { rolloutId } of rollouts)
    for await (const reported of paged<object>(host, `/api/rollouts/${rolloutId}/audit${query}`)) {
      const row = ReportedAuditRow.parse({ rolloutId, ...reported });
      rows.push(whole ? row : asJudged(row, ids));
    }
  return rows.sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0));
}

const ReportedFreeze = z.object({
  id: z.string(),
  kind: z.string(),
  selector: z.custom<AuditSelector>((value) => typeof value === 'object' && value !== null),
  from: z.string(),
  to: z.string(),
  timeZone: z.string().nullable(),
});

/** Which of the two a row is stands in the address of its list alone. */
const LISTS = [
  ['freeze', '/api/freezes'],
  ['exclusion', '/api/exclusions'],
] as const;

/** Freezes and exclusions that stand, each since it was last made or changed; what was lifted is not judged. */
export async function freezesOf(host: Api): Promise<readonly AuditFreeze[]> {
  const rows: z.output<typeof ReportedFreeze>[] = [];
  for (const [kind, path] of LISTS)
    for await (const row of paged<object>(host, path)) rows.push(ReportedFreeze.parse({ kind, ...row }));
  if (rows.length === 0) return [];
  const said = new Map<string, string>();
  for await (const row of paged<{ what: string; subject: string; atUtc: string }>(
    host,
    '/api/audit?chain=operator',
  ))
    said.set(`${row.what} ${row.subject}`, row.atUtc);
  return rows.flatMap((row) => {
    const sinceUtc = said.get(`${row.kind === 'freeze' ? 'frozen' : 'excluded'} ${row.id}`);
    return sinceUtc === undefined ? [] : [{ ...row, sinceUtc, liftedUtc: null }];
  });
}

/** The rollouts' own reports, as the auditor reads them. */
export function auditRollouts(rollouts: readonly ReportedRollout[]): Pick<AuditInput, 'rollouts' | 'phases'> {
  return {
    rollouts,
    phases: rollouts.flatMap(({ rolloutId, phases }) =>
      phases.map(({ phase, ring, regions, startedUtc, endedUtc, gate }): AuditPhase => ({
        rolloutId,
        ring: ring ?? null,
        phase: Number(phase.replace('phase-', '')),
        regions,
        startedUtc,
        endedUtc,
        gateOpenedUtc: gate?.kind === 'open' ? endedUtc : null,
      })),
    ),
  };
}

/** The rows of every page. */
export async function* paged<T>(host: Api, first: string): AsyncGenerator<T> {
  let path: string | undefined = first;
  while (path !== undefined) {
    const page: { value: T[]; nextLink?: string } = await ask(host, path);
    yield* page.value;
    path = page.nextLink;
  }
}

export async function ask<T>(host: Api, path: string): Promise<T> {
  const { status, body } = await host.request('GET', path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body as T;
}

import type { AuditTrailRow } from './auditInput';
import { type Findings, utcOf } from './auditReport';
import type { DriverLog, Install } from './driverLog';

/** An install that the app found on the VM, because the answer to its request was lost: the audit has no operation id for it. */
const ADOPTED = 'adopted:';

/** Ends are polled for: of what ended so shortly before the audit does, the app need not know yet. */
const POLLED_MS = 1_800_000;

/**
 * INV-11: every install of a rollout has exactly one row in the audit for its start, and one for its end once it has ended; and no row
 * reports an install that the driver does not know.
 */
export function checkTrail(log: DriverLog, trail: readonly AuditTrailRow[], findings: Findings): void {
  const started = trail.filter(({ what }) => what === 'installStarted');
  const ended = trail.filter(({ what }) => what === 'installEnded');
  const installs = log.installs.filter(({ rolloutId }) => rolloutId !== null);
  hold('started', installs, started, log.until, findings);
  hold('ended', installs, ended, log.until, findings);
}

function hold(
  what: 'started' | 'ended',
  installs: readonly Install[],
  rows: readonly AuditTrailRow[],
  until: number,
  findings: Findings,
): void {
  const { rowsOf, strangers } = match(what, installs, rows);
  for (const install of installs) {
    const count = rowsOf.get(install)?.length ?? 0;
    const isKnown = what === 'started' || (install.completed && install.end + POLLED_MS <= until);
    if (!isKnown && count === 0) continue;
    findings.evaluated('INV-11');
    const { place, start, operationId } = install;
    if (count !== 1)
      findings.violated(
        'INV-11',
        place.vm,
        start,
        `the audit says ${count === 0 ? 'nowhere' : `${count} times`} that ${operationId ?? 'an install'} of ${utcOf(start)} ${what}`,
      );
  }
  for (const { vmId, atUtc, evidence } of strangers) {
    findings.evaluated('INV-11');
    const detail = `the audit says that ${JSON.stringify(evidence.operationId ?? null)} ${what}, which the driver does not know`;
    findings.violated('INV-11', vmId, Date.parse(atUtc), detail);
  }
}

/** Rows with their installs: by operation id; those without one by VM, the install nearest in time that no other row names. */
function match(
  what: 'started' | 'ended',
  installs: readonly Install[],
  rows: readonly AuditTrailRow[],
): { rowsOf: ReadonlyMap<Install, readonly AuditTrailRow[]>; strangers: readonly AuditTrailRow[] } {
  const byOperation = new Map(
    installs.flatMap((install) =>
      install.operationId === null ? [] : [[install.operationId, install] as const],
    ),
  );
  const rowsOf = new Map<Install, AuditTrailRow[]>();
  const strangers: AuditTrailRow[] = [];
  const adopted: AuditTrailRow[] = [];
  for (const row of rows) {
    const { operationId } = row.evidence;
    if (typeof operationId !== 'string' || operationId.startsWith(ADOPTED)) adopted.push(row);
    else put(row, byOperation.get(operationId));
  }
  for (const row of adopted) put(row, nearest(row));
  return { rowsOf, strangers };

  function put(row: AuditTrailRow, install: Install | undefined): void {
    if (install === undefined || !isOf(row, install)) strangers.push(row);
    else rowsOf.set(install, [...(rowsOf.get(install) ?? []), row]);
  }
  function nearest(row: AuditTrailRow): Install | undefined {
    const at = Date.parse(row.atUtc);
    const distance = ({ start, end }: Install): number => Math.abs((what === 'started' ? start : end) - at);
    return installs
      .filter((install) => !rowsOf.has(install) && isOf(row, install))
      .reduce<Install | undefined>(
        (best, one) => (best === undefined || distance(one) < distance(best) ? one : best),
        undefined,
      );
  }
}

const isOf = ({ vmId, rolloutId }: AuditTrailRow, install: Install): boolean =>
  vmId?.toLowerCase() === install.place.vm.toLowerCase() && rolloutId === install.rolloutId;

import { DateTime } from 'luxon';
import type { AuditFreeze, AuditVm } from './auditInput';
import { type Findings, utcOf } from './auditReport';
import type { Install } from './driverLog';
import { isSelected } from './selectVms';
import { zoneNamed } from './timeZone';

const MINUTE = 60_000;

/**
 * INV-17: no rollout installs on a VM while a freeze or an exclusion of a person stands, and none starts an installation that may run into
 * one that was known. Of a freeze that was lifted, or changed later, only the time in which it stood as it is given counts.
 */
export function checkFreezes(
  installs: readonly Install[],
  freezes: readonly AuditFreeze[],
  {
    vms,
    onItsWaySeconds,
    changedByOwner,
  }: {
    readonly vms: readonly AuditVm[];
    readonly onItsWaySeconds: number;
    readonly changedByOwner: readonly string[];
  },
  findings: Findings,
): void {
  if (freezes.length === 0) return;
  const facts = new Map(vms.map((vm) => [vm.id.toLowerCase(), vm]));
  const changed = new Set(changedByOwner.map((id) => id.toLowerCase()));
  for (const install of installs) {
    const { place, rolloutId, start } = install;
    const vm = facts.get(place.vm.toLowerCase());
    if (rolloutId === null || vm === undefined || changed.has(place.vm.toLowerCase())) continue;
    for (const freeze of freezes) {
      if (!isSelected(vm, freeze.selector)) continue;
      findings.evaluated('INV-17');
      const broken = brokenBy(install, freeze, onItsWaySeconds);
      if (broken !== null) findings.violated('INV-17', place.vm, start, broken);
    }
  }
}

function brokenBy(install: Install, freeze: AuditFreeze, onItsWaySeconds: number): string | null {
  const { place, start, end, maximumDurationMinutes } = install;
  const zone = freeze.timeZone === null ? place.timeZone : (zoneNamed(freeze.timeZone) ?? place.timeZone);
  const from = instantOf(freeze.from, zone);
  const until = endOf(freeze.to, zone);
  const known = Date.parse(freeze.sinceUtc) + onItsWaySeconds * 1000;
  const lifted = freeze.liftedUtc === null ? Infinity : Date.parse(freeze.liftedUtc);
  if (start <= known || start >= Math.min(until, lifted)) return null;
  const latest = Math.max(end, start + (maximumDurationMinutes ?? 0) * MINUTE);
  if (latest <= from || lifted <= from) return null;
  const name = `${freeze.kind} ${freeze.id}`;
  return start >= from
    ? `an install starts while ${name} stands, from ${utcOf(from)} to ${utcOf(until)}`
    : `an install may last until ${utcOf(latest)}, into ${name} from ${utcOf(from)}`;
}

const instantOf = (written: string, zone: string): number => DateTime.fromISO(written, { zone }).toMillis();

/** A day is included. */
function endOf(written: string, zone: string): number {
  const at = DateTime.fromISO(written, { zone });
  return (written.includes('T') ? at : at.plus({ days: 1 })).toMillis();
}

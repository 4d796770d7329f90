import type { AuditRollout, Exposure } from './auditInput';
import type { Findings } from './auditReport';
import type { DriverLog, Install } from './driverLog';
import type { Place } from './fleetFacts';

/** What a rollout has shown of one image family so far. */
interface FamilySeen {
  /** Installs ever started, less those that a person has forgiven. */
  started: number;
  /** VMs that installed something and were then seen healthy. */
  readonly proven: Set<Place>;
  /** Installs that have ended and proven nothing yet. */
  readonly unproven: Set<Install>;
}

/**
 * INV-14: the installs that a rollout has ever started in an image family are at most the larger of `first` and `factor` times the VMs of
 * it that installed a patch and were seen healthy after their soak. A person who resumes a halt forgives the installs that proved nothing
 * until then.
 */
export function checkExposure(
  log: DriverLog,
  rollouts: readonly AuditRollout[],
  { first, factor, soakSeconds = 0 }: Exposure & { readonly soakSeconds?: number | undefined },
  findings: Findings,
): void {
  const soakMs = soakSeconds * 1000;
  const seen = new Map<string, FamilySeen>();
  const lastOf = new Map<Place, { readonly install: Install; readonly family: FamilySeen }>();
  const resumes = resumesOf(rollouts);
  for (const entry of log.logEntries) {
    for (let next = resumes[0]; next !== undefined && next.at < entry.at; next = resumes[0]) {
      forgive(seen, next.rolloutId);
      resumes.shift();
    }
    if (entry.kind === 'probed') {
      const last = lastOf.get(entry.place);
      if (last === undefined || entry.health !== 'healthy' || last.install.end + soakMs > entry.at) continue;
      if (!last.install.hasPatched) continue;
      last.family.proven.add(entry.place);
      last.family.unproven.delete(last.install);
    }
    if (entry.kind !== 'installStarted' && entry.kind !== 'installEnded') continue;
    const { install } = entry;
    const { rolloutId, place } = install;
    if (rolloutId === null || place.imageFamily === null) continue;
    const family = familyOf(seen, `${rolloutId} ${place.imageFamily}`);
    if (entry.kind === 'installEnded') {
      family.unproven.add(install);
      continue;
    }
    family.started += 1;
    lastOf.set(place, { install, family });
    const max = Math.max(first, factor * family.proven.size);
    findings.evaluated('INV-14');
    if (family.started > max)
      findings.violated(
        'INV-14',
        place.vm,
        install.start,
        `it is install ${family.started} of ${place.imageFamily}, of which ${family.proven.size} VMs have proven healthy: at most ${max}`,
      );
  }
}

function familyOf(seen: Map<string, FamilySeen>, key: string): FamilySeen {
  const known = seen.get(key);
  if (known !== undefined) return known;
  const fresh: FamilySeen = { started: 0, proven: new Set(), unproven: new Set() };
  seen.set(key, fresh);
  return fresh;
}

/** When a person said «go on», in order. */
function resumesOf(rollouts: readonly AuditRollout[]): { readonly at: number; readonly rolloutId: string }[] {
  return rollouts
    .flatMap(({ rolloutId, halts }) =>
      halts.flatMap(({ decision }) =>
        decision === null ? [] : [{ at: Date.parse(decision.atUtc), rolloutId }],
      ),
    )
    .sort((a, b) => a.at - b.at);
}

function forgive(seen: ReadonlyMap<string, FamilySeen>, rolloutId: string): void {
  for (const [key, family] of seen) {
    if (!key.startsWith(`${rolloutId} `)) continue;
    family.started -= family.unproven.size;
    family.unproven.clear();
  }
}

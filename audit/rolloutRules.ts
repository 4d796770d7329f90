import type { AuditOutcome, AuditPhase, AuditRollout, AuditVm } from './auditInput';
import type { Findings } from './auditReport';
import type { Install } from './driverLog';
import type { FleetFacts } from './fleetFacts';
import { regionName } from './regionFacts';

/** How a VM may end. */
const OUTCOME_KINDS = new Set(['patched', 'upToDate', 'failed', 'unhealthy', 'deferred', 'skipped']);

/** INV-6: no install in a region before the gates of all earlier phases have opened. */
export class GateRule {
  /** By rollout and region. */
  readonly #gates = new Map<string, { phase: number; openedMs: number }>();

  readonly #phases: readonly AuditPhase[];
  readonly #findings: Findings;

  constructor(phases: readonly AuditPhase[], findings: Findings) {
    this.#phases = phases;
    this.#findings = findings;

    let rolloutId: string | undefined;
    let openedMs = -Infinity;
    for (const phase of [...phases].sort(inOrder)) {
      if (phase.rolloutId !== rolloutId) openedMs = -Infinity;
      rolloutId = phase.rolloutId;
      for (const region of phase.regions)
        this.#gates.set(keyOf(rolloutId, placeIn(regionName(region), phase.ring)), {
          phase: phase.phase,
          openedMs,
        });
      const opened = phase.gateOpenedUtc === null ? Infinity : Date.parse(phase.gateOpenedUtc);
      openedMs = Math.max(openedMs, opened);
    }
  }

  #gateOf(
    rolloutId: string,
    region: string,
    ring: string | null,
  ): { phase: number; openedMs: number } | undefined {
    const place = placeIn(region, ring);
    return this.#gates.get(keyOf(rolloutId, place)) ?? this.#gates.get(keyOf(undefined, place));
  }

  started({ place, rolloutId, start }: Install): void {
    if (rolloutId === null || this.#phases.length === 0) return;
    const gate =
      this.#gateOf(rolloutId, place.region, place.ring) ?? this.#gateOf(rolloutId, place.region, null);
    this.#findings.evaluated('INV-6');
    if (gate === undefined)
      this.#findings.violated('INV-6', place.vm, start, `${place.region} is in no phase of ${rolloutId}`);
    else if (start < gate.openedMs)
      this.#findings.violated(
        'INV-6',
        place.vm,
        start,
        `${place.region} is of phase ${gate.phase}, and the gate of the phase before ${
          gate.openedMs === Infinity
            ? 'never opened'
            : `opened only at ${new Date(gate.openedMs).toISOString()}`
        }`,
      );
  }
}

/** INV-8: every VM of the fleet has one outcome, of a known kind, with a reason; no other VM has any. */
export function checkOutcomes(
  outcomes: readonly AuditOutcome[],
  vms: readonly AuditVm[],
  { fleet, atMs }: { readonly fleet: FleetFacts; readonly atMs: number },
  findings: Findings,
): void {
  const byVm = new Map<string, AuditOutcome[]>();
  for (const outcome of outcomes) {
    const id = fleet.firstIdOf(outcome.vm);
    byVm.set(id, [...(byVm.get(id) ?? []), outcome]);
  }
  const violated = (vm: string, detail: string): void => {
    findings.violated('INV-8', vm, atMs, detail);
  };
  for (const { id } of vms) {
    findings.evaluated('INV-8');
    const own = byVm.get(id.toLowerCase()) ?? [];
    byVm.delete(id.toLowerCase());
    const [outcome] = own;
    if (outcome === undefined || own.length > 1)
      violated(id, `has ${own.length} outcomes${own.map((one) => ` «${inWords(one)}»`).join('')}`);
    else if (!OUTCOME_KINDS.has(outcome.kind) || outcome.reason === '')
      violated(id, `ends in «${inWords(outcome)}», which is no outcome with a reason`);
  }
  for (const vm of byVm.keys()) {
    findings.evaluated('INV-8');
    violated(vm, 'has an outcome and is not in the fleet');
  }
}

/** Its last poll comes when its time is up, and closing it takes a while. */
const ENDING_MS = 3_600_000;

/** INV-8: whose time is over has ended, unless it waits for a person. */
export function checkRolloutsEnd(
  rollouts: readonly AuditRollout[],
  untilMs: number,
  findings: Findings,
): void {
  for (const { rolloutId, state, endsUtc } of rollouts) {
    const endsMs = Date.parse(endsUtc);
    if (endsMs + ENDING_MS > untilMs) continue;
    findings.evaluated('INV-8');
    if (state !== 'ended' && state !== 'cancelled')
      findings.violated('INV-8', null, untilMs, `${rolloutId} had to end by ${endsUtc}, and is ${state}`);
  }
}

const inWords = ({ kind, reason }: AuditOutcome): string => `${kind}: ${reason}`;

/** A region is of several phases where rings have some of its VMs. */
const placeIn = (region: string, ring: string | null | undefined): string => `${region} ${ring ?? ''}`;

const keyOf = (rolloutId: string | undefined, region: string): string => `${rolloutId ?? ''} ${region}`;

function inOrder(a: AuditPhase, b: AuditPhase): number {
  const [first, second] = [a.rolloutId ?? '', b.rolloutId ?? ''];
  return first < second ? -1 : first > second ? 1 : a.phase - b.phase;
}

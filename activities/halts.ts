import type { OutcomeCounts } from '../domain/gates';
import type { RolloutId } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import type { Services } from './services';

/** Writes a halt (or hold) down, once: what happens in `at` happens once. From then on nothing new starts where it applies. */
export async function writeHalt(
  services: Services,
  rolloutId: RolloutId,
  halt: {
    readonly kind: 'halt' | 'hold';
    readonly why: string;
    readonly phase: PhaseId;
    readonly region: string | null;
    readonly at: string;
    readonly counts: OutcomeCounts;
  },
): Promise<void> {
  const { kind, why, phase, region, at, counts } = halt;
  const haltId = [phase, region ?? 'all', at].join('.');
  const atUtc = services.nowUtc();
  await services.rollouts.addHalt(rolloutId, { haltId, kind, phase, region, why, atUtc, decision: null });
  await services.audit.append(rolloutId, `${haltId}~${kind}`, {
    atUtc,
    who: 'lowtide',
    what: kind === 'halt' ? 'halted' : 'held',
    subject: haltId,
    vmId: null,
    why,
    evidence: { ...counts },
  });
}

import type { StoppedScope } from '../../domain/evidenceRules';
import type { RolloutId } from '../../domain/ids';
import type { PhaseId } from '../../domain/phaseId';
import type { Services } from '../services';

/** Writes a halt (or hold) down, once an id. From then on nothing new starts where it applies. */
export async function writeHalt(
  services: Services,
  rolloutId: RolloutId,
  halt: {
    readonly kind: 'halt' | 'hold';
    readonly why: string;
    readonly phase: PhaseId;
    readonly region: string | null;
    readonly haltId: string;
    readonly scope?: StoppedScope;
    /** The numbers that it rests on, for the audit. */
    readonly evidence: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { kind, why, phase, region, haltId, scope, evidence } = halt;
  const atUtc = services.nowUtc();
  await services.rollouts.addHalt(rolloutId, {
    haltId,
    kind,
    phase,
    region,
    why,
    atUtc,
    decision: null,
    ...(scope !== undefined && { scope }),
  });
  await services.audit.append(rolloutId, `${haltId}~${kind}`, {
    atUtc,
    who: 'lowtide',
    what: kind === 'halt' ? 'halted' : 'held',
    subject: haltId,
    vmId: null,
    why,
    evidence,
  });
}

import type { StoppedScope } from '../../domain/evidenceRules';
import type { RolloutId } from '../../domain/ids';
import type { PhaseId } from '../../domain/phaseId';
import type { Services } from '../services';

interface NewHalt {
  readonly kind: 'halt' | 'hold';
  readonly why: string;
  readonly phase: PhaseId;
  readonly region: string | null;
  readonly haltId: string;
  readonly scope?: StoppedScope;
  /** The numbers that it rests on, for the audit. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** Writes a halt (or hold) down, once an id. From then on nothing new starts where it applies: the row first, then the audit, which notifies. */
export async function writeHalt(services: Services, rolloutId: RolloutId, halt: NewHalt): Promise<void> {
  const { kind, why, phase, region, haltId, scope } = halt;
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
  await auditHalt(services, rolloutId, halt);
}

type AuditedHalt = Pick<NewHalt, 'kind' | 'why' | 'haltId' | 'evidence'>;

/**
 * Also again for a halt that stands: a crash between its row and the audit left it without, or with no more than a reservation, and no person would be
 * notified of it.
 */
export async function auditHalt(
  services: Services,
  rolloutId: RolloutId,
  { kind, why, haltId, evidence }: AuditedHalt,
): Promise<void> {
  await services.audit.append(rolloutId, auditKey({ haltId, kind }), {
    atUtc: services.nowUtc(),
    who: 'lowtide',
    what: kind === 'halt' ? 'halted' : 'held',
    subject: haltId,
    vmId: null,
    why,
    evidence,
  });
}

const auditKey = ({ haltId, kind }: Pick<NewHalt, 'haltId' | 'kind'>): string => `${haltId}~${kind}`;

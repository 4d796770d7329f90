import { approvalMissing } from '../../domain/approvals';
import type { RolloutId } from '../../domain/ids';
import type { PhaseId } from '../../domain/phaseId';
import { approvalFacts } from './control';
import type { Services } from '../services';

/** The phase comes next: where it needs an approval that has not been given, the audit says so, and approvers are notified. */
export async function recordApprovalNeed(
  services: Services,
  rolloutId: RolloutId,
  phase: PhaseId,
): Promise<void> {
  const facts = await approvalFacts(services, rolloutId);
  const atUtc = services.nowUtc();
  const missing = facts === undefined ? null : approvalMissing(facts, phase, atUtc);
  if (missing === null) return;
  await services.audit.append(rolloutId, `${phase}~approvalNeeded`, {
    atUtc,
    who: 'lowtide',
    what: 'approvalNeeded',
    subject: phase,
    vmId: null,
    why: missing,
    evidence: {},
  });
}

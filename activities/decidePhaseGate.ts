import { controlFor, decidedUntil, type Halt, type RolloutControl } from '../domain/control';
import { attempted, checkPhaseProof, nextCloseUtc, phaseIsClosed } from '../domain/gates';
import { addCounts, noOutcomes, type OutcomeCounts } from '../domain/outcomeCounts';
import type { RolloutId } from '../domain/ids';
import { firstOpeningUtc } from '../domain/offPeak';
import { numberOfPhase, phaseIdOf, type PhaseId } from '../domain/phaseId';
import type { PhaseRecord } from '../store/rollouts';
import * as contracts from './contracts';
import { approvalFacts, rolloutOf } from './rollout/control';
import { auditHalt, writeHalt } from './rollout/halts';
import { recordApprovalNeed } from './rollout/recordApprovalNeed';
import { progressOf } from './rollout/wake';
import { activity, type AnswerTo, type Services } from './services';

export const decidePhaseGate = activity(
  contracts.decidePhaseGate,
  async (services, { rolloutId, phase }): Promise<AnswerTo<typeof contracts.decidePhaseGate>> => {
    const control = await rolloutOf(services, rolloutId);
    const halts = await services.rollouts.haltsOf(control);
    const record = await services.rollouts.readPhase(rolloutId, phase);
    if (!record) throw new Error(`Rollout ${rolloutId} has no phase ${phase}.`);
    if (record.gate?.kind === 'open') return opened(services, rolloutId, phase, record.gate);

    const approvals = await approvalFacts(services, rolloutId);
    const now = controlFor(control, halts, { phase, region: null }, services.nowUtc(), approvals);
    if (now.kind === 'stop' && now.reason !== 'operatorSkipped') {
      await closeGate(services, control, record, 'stopped', `The rollout is over: ${now.reason}.`);
      return now;
    }
    if (now.kind === 'stop')
      return openGate(services, control, record, 'An operator skipped the rest of this phase.');
    if (now.kind === 'wait') return { kind: 'wait', why: now.why };
    return decide(services, control, record, halts);
  },
);

async function decide(
  services: Services,
  control: RolloutControl,
  record: PhaseRecord,
  halts: readonly Halt[],
): Promise<{ kind: 'wait'; why: string; nextUtc?: string | null } | Opened> {
  const { phase, vmCount } = record;
  const { rolloutId } = control;
  const progress = progressOf(services, record, await services.rollouts.phaseTotals(rolloutId, phase));
  const { counts } = progress;
  if (!phaseIsClosed(progress, services.nowUtc(), services.policy))
    return {
      kind: 'wait',
      why: `${attempted(counts)} of ${vmCount} VMs have been attempted.`,
      nextUtc: nextCloseUtc(progress, services.nowUtc(), services.policy),
    };

  const decided = decidedUntil(halts, { phase, region: null });
  const fresh = decided === null ? counts : await countsSince(services, rolloutId, phase, decided);
  const verdict = checkPhaseProof(phase, fresh);
  if (verdict.kind !== 'open') {
    const haltId = [phase, 'all', `gate-${halts.length}`].join('.');
    const hold = { ...verdict, phase, region: null, haltId, evidence: { ...fresh } };
    await auditHalt(services, rolloutId, hold); // first: once the hold is written, a repeat does not come here again
    await writeHalt(services, rolloutId, hold);
    return { kind: 'wait', why: verdict.why };
  }
  const { patched, upToDate, failed, unhealthy } = counts;
  const why =
    attempted(counts) === 0
      ? 'Nothing could be attempted in this phase: it passes without evidence.'
      : resultsOf(patched + upToDate, unhealthy, failed);
  return openGate(services, control, record, why, counts);
}

function resultsOf(healthy: number, unhealthy: number, failed: number): string {
  const healthyVms = healthy === 1 ? '1 VM is healthy' : `${healthy} VMs are healthy`;
  const failures = failed === 1 ? '1 installation' : `${failed} installations`;
  return `${healthyVms}, ${unhealthy} unhealthy; ${failures} failed.`;
}

/** Only after a person has decided on the phase are its rounds read one by one. */
async function countsSince(
  services: Services,
  rolloutId: RolloutId,
  phase: PhaseId,
  decidedUtc: string,
): Promise<OutcomeCounts> {
  const rounds = await services.rollouts.rounds(rolloutId, phase);
  return rounds
    .filter(({ atUtc }) => atUtc > decidedUtc)
    .reduce((sum, { counts }) => addCounts(sum, counts), noOutcomes);
}

async function openGate(
  services: Services,
  control: RolloutControl,
  record: PhaseRecord,
  why: string,
  evidence: Readonly<Record<string, number>> = {},
): Promise<Opened> {
  const atUtc = await closeGate(services, control, record, 'open', why, evidence);
  return opened(services, control.rolloutId, record.phase, { atUtc, why });
}

type Opened = Extract<AnswerTo<typeof contracts.decidePhaseGate>, { kind: 'open' }>;

async function opened(
  { plans, policy }: Services,
  rolloutId: RolloutId,
  phase: PhaseId,
  { atUtc: openedUtc, why }: Pick<NonNullable<PhaseRecord['gate']>, 'atUtc' | 'why'>,
): Promise<Opened> {
  const plan = await plans.readSummary(rolloutId);
  const next = plan?.phases.find((one) => one.phase === after(phase));
  const nextOpensUtc = firstOpeningUtc(next?.timeZones ?? [], policy, openedUtc);
  return { kind: 'open', openedUtc, why, nextOpensUtc };
}

const after = (phase: PhaseId): PhaseId => phaseIdOf(numberOfPhase(phase) + 1);

async function closeGate(
  services: Services,
  { rolloutId }: RolloutControl,
  record: PhaseRecord,
  kind: 'open' | 'stopped',
  why: string,
  evidence: Readonly<Record<string, number>> = {},
): Promise<string> {
  const atUtc = services.nowUtc();
  // the audit first: once the gate is written, a repeat does not come here again
  if (kind === 'open')
    await services.audit.append(rolloutId, `${record.phase}~gateOpened`, {
      atUtc,
      who: 'lowtide',
      what: 'gateOpened',
      subject: record.phase,
      vmId: null,
      why,
      evidence,
    });
  if (kind === 'open') await recordApprovalNeed(services, rolloutId, after(record.phase));
  await services.rollouts.savePhase(rolloutId, { ...record, gate: { kind, atUtc, why } });
  return atUtc;
}

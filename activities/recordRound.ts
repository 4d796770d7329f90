import { judgedUntil } from '../domain/control';
import {
  addCounts,
  countOutcomes,
  judgeRound,
  judgeScope,
  noOutcomes,
  type GateVerdict,
} from '../domain/gates';
import type { RolloutId, VmId } from '../domain/ids';
import { isCanary } from '../domain/phaseId';
import type { VmUpdate } from '../domain/vmUpdate';
import type { RoundRecord } from '../store/rollouts';
import * as contracts from './contracts';
import { writeHalt } from './halts';
import { activity, type AnswerTo, type Services } from './services';

export const recordRound = activity(
  contracts.recordRound,
  async (services, { ref, claimId }): Promise<AnswerTo<typeof contracts.recordRound>> => {
    const { rolloutId, ...where } = ref;
    const endings = await endingsOf(services, rolloutId, claimId);
    const record: RoundRecord = {
      ...where,
      atUtc: services.nowUtc(),
      counts: countOutcomes(endings.map(({ outcomeKind: kind, reason }) => ({ kind, reason }))),
    };
    await services.rollouts.saveRound(rolloutId, record);
    const verdict = await judge(services, ref, record);
    if (verdict.kind !== 'open')
      await writeHalt(services, rolloutId, {
        ...verdict,
        phase: ref.phase,
        region: ref.region,
        at: [ref.stage, ref.group, ref.round].join('.'),
        counts: record.counts,
      });
    return {
      gate: verdict.kind,
      why: verdict.kind === 'open' ? '' : verdict.why,
      unhealthy: endings.filter(({ outcomeKind }) => outcomeKind === 'unhealthy').map(({ vmId }) => vmId),
      unclear: endings.filter(({ reason }) => reason === 'orchestrationFailed').length,
    };
  },
);

type Ended = Extract<VmUpdate, { kind: 'ended' }> & { readonly vmId: VmId };

/** How the VMs of a round ended. Throws while one of them has not: a round is written down once, whole. */
async function endingsOf(
  services: Services,
  rolloutId: RolloutId,
  claimId: string,
): Promise<readonly Ended[]> {
  const found = await services.roundProgress.read(rolloutId, claimId);
  if (found === null) throw new Error(`Round ${claimId} has no progress to be written down.`);
  return found.progress.vms.map(({ vmId, update }) => {
    if (update.kind === 'ended') return { ...update, vmId };
    throw new Error(`Round ${claimId} is not over: ${vmId} is at ${update.kind}.`);
  });
}

/** The round itself, then its region, then its phase: the first that does not open decides. */
async function judge(
  services: Services,
  { rolloutId, phase, region }: contracts.RoundRef,
  record: RoundRecord,
): Promise<GateVerdict> {
  const own = judgeRound(record.counts, services.policy);
  if (own.kind !== 'open') return own;
  const halts = await services.rollouts.halts(rolloutId);
  const rounds = await services.rollouts.rounds(rolloutId, phase);
  const canary = isCanary(phase);
  for (const scope of [region, null]) {
    const judged = judgedUntil(halts, { phase, region: scope });
    const counts = rounds
      .filter((row) => (scope === null || row.region === scope) && (judged === null || row.atUtc > judged))
      .reduce((sum, row) => addCounts(sum, row.counts), noOutcomes);
    const verdict = judgeScope(scope ?? phase, counts, services.policy, canary);
    if (verdict.kind !== 'open') return verdict;
  }
  return { kind: 'open' };
}

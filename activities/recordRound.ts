import { judgedUntil } from '../domain/control';
import {
  addCounts,
  countOutcomes,
  judgeRound,
  judgeScope,
  noOutcomes,
  type GateVerdict,
} from '../domain/gates';
import type { RoundRecord } from '../store/rollouts';
import * as contracts from './contracts';
import { writeHalt } from './halts';
import { roundOf } from './readRound';
import { wakeAfterRounds } from './wake';
import { type AnswerTo, type Services, wakingActivity } from './services';

export const recordRound = wakingActivity(
  contracts.recordRound,
  async (services, input): Promise<AnswerTo<typeof contracts.recordRound>> => {
    const { rolloutId, results, ...ref } = input;
    const record: RoundRecord = { ...ref, atUtc: services.nowUtc(), counts: countOutcomes(results) };
    await recordCrashed(services, input);
    await services.rollouts.saveRound(rolloutId, record);

    const verdict = await judge(services, input, record);
    const at = [ref.stage, ref.group, ref.round].join('.');
    const { phase, region } = ref;
    if (verdict.kind !== 'open')
      await writeHalt(services, rolloutId, { ...verdict, phase, region, at, counts: record.counts });
    await wakeAfterRounds(services, rolloutId, phase);
    return { gate: verdict.kind, why: verdict.kind === 'open' ? '' : verdict.why };
  },
);

type Input = contracts.RoundRef & { readonly results: readonly contracts.VmResult[] };

/** The round itself, then its region, then its phase: the first that does not open decides. */
async function judge(
  services: Services,
  { rolloutId, phase, region }: Input,
  record: RoundRecord,
): Promise<GateVerdict> {
  const own = judgeRound(record.counts, services.policy);
  if (own.kind !== 'open') return own;
  const halts = await services.rollouts.halts(rolloutId);
  const rounds = await services.rollouts.rounds(rolloutId, phase);
  const canary = phase === 'phase-1';
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

/** A VM whose orchestration failed wrote nothing itself. */
async function recordCrashed(services: Services, input: Input): Promise<void> {
  if (!input.results.some(({ reason }) => reason === 'orchestrationFailed')) return;
  const { rolloutId, phase, region } = input;
  const { vmIds } = await roundOf(services, input);
  const atUtc = services.nowUtc();
  await services.outcomes.save(
    rolloutId,
    vmIds
      .filter((_, n) => input.results[n]?.reason === 'orchestrationFailed')
      .map((vmId) => ({
        vmId,
        kind: 'failed' as const,
        reason: 'orchestrationFailed' as const,
        atUtc,
        phase,
        region,
        detail: 'Its orchestration failed; see the log of the host.',
        installation: null,
      })),
  );
}

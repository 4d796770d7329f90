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
import { activity, type AnswerTo, type World } from './world';

export const recordRound = activity(
  contracts.recordRound,
  async (world, input): Promise<AnswerTo<typeof contracts.recordRound>> => {
    const { rolloutId, results, ...ref } = input;
    const record: RoundRecord = { ...ref, atUtc: world.nowUtc(), counts: countOutcomes(results) };
    await recordCrashed(world, input);
    await world.rollouts.saveRound(rolloutId, record);

    const at = [ref.stage, ref.group, ref.round].join('.');
    const verdict = await judge(world, input, record);
    if (verdict.kind === 'open') return { gate: 'open', why: '' };
    await writeHalt(world, rolloutId, {
      ...verdict,
      phase: ref.phase,
      region: ref.region,
      at,
      counts: record.counts,
    });
    return { gate: verdict.kind, why: verdict.why };
  },
);

type Input = contracts.RoundRef & { readonly results: readonly contracts.VmResult[] };

/** The round itself, then its region, then its phase: the first that does not open decides. */
async function judge(
  world: World,
  { rolloutId, phase, region }: Input,
  record: RoundRecord,
): Promise<GateVerdict> {
  const own = judgeRound(record.counts, world.policy);
  if (own.kind !== 'open') return own;
  const halts = await world.rollouts.halts(rolloutId);
  const rounds = await world.rollouts.rounds(rolloutId, phase);
  const canary = phase === 'phase-1';
  for (const scope of [region, null]) {
    const judged = judgedUntil(halts, { phase, region: scope });
    const counts = rounds
      .filter((row) => (scope === null || row.region === scope) && (judged === null || row.atUtc > judged))
      .reduce((sum, row) => addCounts(sum, row.counts), noOutcomes);
    const verdict = judgeScope(scope ?? phase, counts, world.policy, canary);
    if (verdict.kind !== 'open') return verdict;
  }
  return { kind: 'open' };
}

/** A VM whose orchestration failed wrote nothing itself. */
async function recordCrashed(world: World, input: Input): Promise<void> {
  if (!input.results.some(({ reason }) => reason === 'orchestrationFailed')) return;
  const { rolloutId, phase, region } = input;
  const { vmIds } = await roundOf(world, input);
  const atUtc = world.nowUtc();
  await world.outcomes.save(
    rolloutId,
    vmIds
      .filter((_, n) => input.results[n]?.reason === 'orchestrationFailed')
      .map((vmId) => ({
        ...{ vmId, kind: 'failed' as const, reason: 'orchestrationFailed' as const, atUtc, phase, region },
        ...{ detail: 'Its orchestration failed; see the log of the host.', installation: null },
      })),
  );
}

import { countOutcomes } from '../domain/gates';
import type { RolloutId } from '../domain/ids';
import type { PhaseId } from '../domain/phaseId';
import { outcomeOf } from '../domain/outcome';
import { because } from '../domain/reasons';
import type { RoundPlan } from '../store/plans';
import * as contracts from './contracts';
import { saveOutcomes } from './saveOutcomes';
import { wakeAfterRounds } from './wake';
import { type Services, wakingActivity } from './services';

export const openRegion = wakingActivity(contracts.openRegion, async (services, input) => {
  const { rolloutId, phase, region, attemptMax } = input;
  const planned = await services.plans.rounds(rolloutId, phase, region);
  const rounds = attemptMax === null ? planned : await deferTheRest(services, input, planned, attemptMax);
  const stages = new Map<string, { stage: string; standalone: boolean; sets: string[] }>();
  for (const { stage, kind, group } of rounds) {
    const found = stages.get(stage) ?? { stage, standalone: false, sets: [] };
    stages.set(stage, found);
    if (kind === 'standalone') found.standalone = true;
    else if (!found.sets.includes(group)) found.sets.push(group);
  }
  if (attemptMax !== null) await wakeAfterRounds(services, rolloutId, phase); // deferred VMs may close the phase
  return { stages: [...stages.values()] };
});

/** A region's part of the phase's limit; its later rounds wait for evidence from elsewhere and are caught up. */
async function deferTheRest(
  services: Services,
  { rolloutId, phase }: { readonly rolloutId: RolloutId; readonly phase: PhaseId },
  planned: readonly RoundPlan[],
  attemptMax: number,
): Promise<readonly RoundPlan[]> {
  const record = await services.rollouts.readPhase(rolloutId, phase);
  const vmCount = planned.reduce((sum, { vmIds }) => sum + vmIds.length, 0);
  const share = Math.max(1, Math.floor((attemptMax * vmCount) / Math.max(1, record?.vmCount ?? vmCount)));
  const kept: RoundPlan[] = [];
  let room = share;
  for (const round of planned) {
    if (round.vmIds.length <= room) kept.push(round);
    else await deferRound(services, rolloutId, round, share);
    room -= round.vmIds.length;
  }
  return kept;
}

async function deferRound(
  services: Services,
  rolloutId: RolloutId,
  round: RoundPlan,
  attemptMax: number,
): Promise<void> {
  const atUtc = services.nowUtc();
  const { phase, region, stage, group } = round;
  const outcomes = round.vmIds.map((vmId) => ({
    ...outcomeOf(vmId, atUtc, because('evidenceLimit', { attemptMax })),
    phase,
    region,
    installation: null,
  }));
  await saveOutcomes(services, rolloutId, outcomes);
  await services.rollouts.saveRound(rolloutId, {
    phase,
    region,
    stage,
    group,
    round: round.round,
    atUtc,
    counts: countOutcomes(outcomes),
  });
}

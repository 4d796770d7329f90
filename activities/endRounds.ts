import { z } from 'zod';
import { StopReason } from '../domain/control';
import { countOutcomes } from '../domain/outcomeCounts';
import type { RolloutId } from '../domain/ids';
import { outcomeOf } from '../domain/outcome';
import { isCatchUp, type PhaseId } from '../domain/phaseId';
import { because } from '../domain/reasons';
import type { OutcomeRecord } from '../store/outcomes';
import type { RoundPlan } from '../store/plans';
import { pendingRounds } from './chooseRound';
import * as contracts from './contracts';
import { saveOutcomes } from './rollout/saveOutcomes';
import { wakeAfterRounds } from './rollout/wake';
import { type Services, wakingActivity } from './services';
import { sideBySide } from './sideBySide';

/** Why rounds do not run any more. What waits for better circumstances is deferred, the rest skipped. */
type Input = z.output<typeof contracts.endRounds.input>;

const EndReason = z.enum([...StopReason.options, 'waitingForSet', 'windowMissed']);

export const endRounds = wakingActivity(contracts.endRounds, async (services, input) => {
  const { rolloutId, phase, region, stage, batch } = input;
  const why = because(EndReason.parse(input.reason));
  let ended = 0;
  const { rounds, more } =
    batch === null ? await pendingOfSet(services, input) : await restOfBatch(services, input, batch);
  for (const round of rounds) {
    const atUtc = services.nowUtc();
    const outcomes = round.vmIds.map((vmId) => ({
      ...outcomeOf(vmId, atUtc, why),
      phase,
      region,
      installation: null,
    }));
    const kept = await withoutWorse(services, rolloutId, phase, outcomes);
    await saveOutcomes(services, rolloutId, kept);
    await services.rollouts.saveRound(rolloutId, {
      phase,
      region,
      stage,
      group: round.group,
      round: round.round,
      atUtc,
      counts: countOutcomes(outcomes),
    });
    ended += outcomes.length;
  }
  await wakeAfterRounds(services, rolloutId, phase);
  return { ended, more };
});

/** Rounds that one call ends: some 800 VMs, half a minute on a slow table. When a rollout is over, a batch may have a thousand left. */
const ROUNDS_A_CALL_MAX = 10;

interface Left {
  readonly rounds: readonly RoundPlan[];
  readonly more: boolean;
}

async function pendingOfSet(services: Services, input: Input): Promise<Left> {
  const planned = await pendingRounds(services, input);
  const ran = await sideBySide(planned, (round) => services.rollouts.hasRound(input.rolloutId, round));
  const left = planned.filter((_, n) => ran[n] !== true);
  return { rounds: left.slice(0, ROUNDS_A_CALL_MAX), more: left.length > ROUNDS_A_CALL_MAX };
}

/** The lane's own round, and those that no lane has taken: the other lanes end theirs. */
async function restOfBatch(
  services: Services,
  { rolloutId, phase, region, stage, group }: Input,
  { rounds, own, lane }: NonNullable<Input['batch']>,
): Promise<Left> {
  const rest = await services.roundQueues.takeRest(rolloutId, { ...lane, count: rounds });
  const wheres = (own === null ? rest : [own, ...rest]).map((round) => ({
    phase,
    region,
    stage,
    group,
    round,
  }));
  const ran = await sideBySide(wheres, (where) => services.rollouts.hasRound(rolloutId, where));
  const left = wheres.filter((_, n) => ran[n] !== true);
  const planned: RoundPlan[] = [];
  for (const where of left.slice(0, ROUNDS_A_CALL_MAX)) {
    const found = await services.plans.readRound(rolloutId, where);
    if (found !== null) planned.push(found);
  }
  return { rounds: planned, more: planned.length > 0 && left.length > ROUNDS_A_CALL_MAX };
}

/** A catch-up that was not granted leaves the outcome of the VM's own turn as it was: nothing has happened since. */
async function withoutWorse(
  services: Services,
  rolloutId: RolloutId,
  phase: PhaseId,
  outcomes: readonly OutcomeRecord[],
): Promise<readonly OutcomeRecord[]> {
  if (!isCatchUp(phase)) return outcomes;
  const kept: OutcomeRecord[] = [];
  for (const outcome of outcomes)
    if (!(await services.outcomes.read(rolloutId, outcome.vmId))) kept.push(outcome);
  return kept;
}

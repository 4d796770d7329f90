import { z } from 'zod';
import { StopReason } from '../domain/control';
import { countOutcomes } from '../domain/gates';
import type { RolloutId } from '../domain/ids';
import { outcomeOf } from '../domain/outcome';
import { isCatchUp, type PhaseId } from '../domain/phaseId';
import { because } from '../domain/reasons';
import type { OutcomeRecord } from '../store/outcomes';
import { pendingRounds } from './chooseRound';
import * as contracts from './contracts';
import { saveOutcomes } from './saveOutcomes';
import { wakeAfterRounds } from './wake';
import { type Services, wakingActivity } from './services';

/** Why rounds do not run any more. What waits for better circumstances is deferred, the rest skipped. */
const EndReason = z.enum([...StopReason.options, 'waitingForSet', 'windowMissed']);

export const endRounds = wakingActivity(contracts.endRounds, async (services, input) => {
  const { rolloutId, phase, region, stage } = input;
  const why = because(EndReason.parse(input.reason));
  let ended = 0;
  for (const round of await pendingRounds(services, input)) {
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
  return { ended };
});

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

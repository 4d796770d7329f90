import { countOutcomes } from '../domain/gates';
import type { RolloutId } from '../domain/ids';
import type { OutcomeKind, OutcomeReason } from '../domain/outcome';
import type { OutcomeRecord } from '../store/outcomes';
import { pendingRounds } from './chooseRound';
import * as contracts from './contracts';
import { wakeAfterRounds } from './wake';
import { type Services, wakingActivity } from './services';

/** What is said of VMs whose round did not run. Only what waits for better circumstances is deferred. */
const DEFERS: ReadonlySet<OutcomeReason> = new Set<OutcomeReason>([
  'waitingForSet',
  'windowMissed',
  'notReached',
]);

export const endRounds = wakingActivity(contracts.endRounds, async (services, input) => {
  const { rolloutId, phase, region, stage, reason } = input;
  const kind: OutcomeKind = DEFERS.has(reason) ? 'deferred' : 'skipped';
  let ended = 0;
  for (const round of await pendingRounds(services, input)) {
    const atUtc = services.nowUtc();
    const outcomes = round.vmIds.map((vmId) => ({
      vmId,
      kind,
      reason,
      detail: '',
      atUtc,
      phase,
      region,
      installation: null,
    }));
    const kept = await withoutWorse(services, rolloutId, phase, outcomes);
    await services.outcomes.save(rolloutId, kept);
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
  phase: string,
  outcomes: readonly OutcomeRecord[],
): Promise<readonly OutcomeRecord[]> {
  if (phase.startsWith('phase-')) return outcomes;
  const kept: OutcomeRecord[] = [];
  for (const outcome of outcomes)
    if (!(await services.outcomes.read(rolloutId, outcome.vmId))) kept.push(outcome);
  return kept;
}

import { addCounts, attempted, noOutcomes, type OutcomeCounts } from '../domain/gates';
import type { RolloutId } from '../domain/ids';
import type { PhaseRecord } from '../store/rollouts';
import * as contracts from './contracts';
import { activity, type Services } from './services';

export const openPhase = activity(contracts.openPhase, async (services, { rolloutId, phase }) => {
  const phases = await services.rollouts.phases(rolloutId);
  const index = phases.findIndex((record) => record.phase === phase);
  const record = phases[index];
  if (!record) throw new Error(`Rollout ${rolloutId} has no phase ${phase}.`);
  if (record.startedUtc !== null) return { startedUtc: record.startedUtc, attemptMax: record.attemptMax };

  const startedUtc = services.nowUtc();
  const attemptMax = await provenLimit(services, rolloutId, phases.slice(0, index), record);
  await services.audit.append(rolloutId, `${phase}~phaseStarted`, {
    atUtc: startedUtc,
    who: 'lowtide',
    what: 'phaseStarted',
    subject: phase,
    vmId: null,
    why:
      index === 0 ? 'The rollout begins with its canary phase.' : 'The gate of the phase before has opened.',
    evidence: { regions: record.regions, vmCount: record.vmCount, attemptMax },
  });
  await services.rollouts.savePhase(rolloutId, { ...record, startedUtc, attemptMax });
  return { startedUtc, attemptMax };
});

/** After a phase in which nothing could be attempted, the next may attempt at most so many times the VMs proven so far. */
async function provenLimit(
  services: Services,
  rolloutId: RolloutId,
  before: readonly PhaseRecord[],
  { vmCount }: PhaseRecord,
): Promise<number | null> {
  if (before.length === 0) return null;
  const counts: OutcomeCounts[] = [];
  for (const { phase } of before)
    counts.push(
      (await services.rollouts.rounds(rolloutId, phase)).reduce(
        (sum, row) => addCounts(sum, row.counts),
        noOutcomes,
      ),
    );
  const last = counts.at(-1) ?? noOutcomes;
  if (attempted(last) > 0) return null;
  const proven = counts.reduce((sum, { patched, upToDate }) => sum + patched + upToDate, 0);
  const attemptMax = Math.max(1, proven) * services.policy.unprovenFactor;
  return attemptMax < vmCount ? attemptMax : null;
}

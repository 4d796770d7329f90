import { phaseIsClosed, type PhaseProgress } from '../../domain/gates';
import { addCounts } from '../../domain/outcomeCounts';
import type { RolloutId } from '../../domain/ids';
import { isCatchUp, type PhaseId } from '../../domain/phaseId';
import { gateTopic, type WaitTopic } from '../../domain/waitTopic';
import type { PhaseRecord, PhaseTotals } from '../../store/rollouts';
import type { Services, WakingServices } from '../services';

/** So many instances are woken at once: after a long pause thousands may wait. */
const SIDE_BY_SIDE = 16;

/**
 * Wakes what waits for a topic of a rollout; null wakes every wait of it. To be called after the change is written, never before: a wait
 * that is registered later looks later, too. A wait that is taken out and then not woken, because the host died in between, looks by itself
 * after `wakeFallbackSeconds`.
 */
export async function wakeWaits(
  services: WakingServices,
  rolloutId: RolloutId,
  topic: WaitTopic | null,
): Promise<void> {
  const instances = await services.waits.take(rolloutId, topic, services.nowUtc());
  for (let start = 0; start < instances.length; start += SIDE_BY_SIDE)
    await Promise.all(instances.slice(start, start + SIDE_BY_SIDE).map((id) => services.wake(id)));
}

/** After VMs have been listed: wakes the months that could not be planned without any. */
export async function wakeForInventory(services: WakingServices): Promise<void> {
  for (const { rolloutId, endedUtc, waitsForInventory } of await services.rollouts.list())
    if (endedUtc === null && waitsForInventory) await wakeWaits(services, rolloutId, 'inventory');
}

/**
 * After rounds have been written down: wakes the gate of their phase once the evidence is enough to decide it, and after a catch-up the
 * month's end once no second chance is left. Most rounds change neither answer, and wake nothing.
 */
export async function wakeAfterRounds(
  services: WakingServices,
  rolloutId: RolloutId,
  phase: PhaseId,
): Promise<void> {
  if (isCatchUp(phase)) {
    await wakeWhenComplete(services, rolloutId);
    return;
  }
  const record = await services.rollouts.readPhase(rolloutId, phase);
  if (record?.gate !== null) return;
  const progress = progressOf(services, record, await services.rollouts.phaseTotals(rolloutId, phase));
  if (phaseIsClosed(progress, services.nowUtc(), services.policy))
    await wakeWaits(services, rolloutId, gateTopic(phase));
}

/** Wakes the month's end once no VM waits for a second chance. */
export async function wakeWhenComplete(services: WakingServices, rolloutId: RolloutId): Promise<void> {
  if ((await services.outcomes.totals(rolloutId)).waiting === 0)
    await wakeWaits(services, rolloutId, 'completion');
}

/** How far a phase has come, from its totals. */
export function progressOf(
  services: Services,
  { regions, vmCount, startedUtc, closesUtc }: PhaseRecord,
  totals: PhaseTotals,
): PhaseProgress {
  return {
    planned: vmCount,
    counts: Object.values(totals.underWay ?? {}).reduce(addCounts, totals.counts),
    silentRegions: regions.filter((region) => !totals.regions.includes(region)),
    startedUtc: startedUtc ?? services.nowUtc(),
    closesUtc: closesUtc ?? null,
  };
}

import { checkSilence } from '../domain/gates';
import { countOutcomes } from '../domain/outcomeCounts';
import type { RolloutId, VmId } from '../domain/ids';
import { later } from '../domain/instants';
import type { VmUpdate } from '../domain/vmUpdate';
import type { RoundProgress } from '../store/roundProgress';
import type { RoundRecord } from '../store/rollouts';
import * as contracts from './contracts';
import { expectProbes } from './round/expectClaim';
import { askAfterRound, askAfterVms, hooksOn } from './rollout/askHooks';
import { writeHalt } from './rollout/halts';
import { closeRoundEvidence } from './round/roundEvidence';
import { type AnswerTo, type Services, wakingActivity, type WakingServices } from './services';
import { sideBySide } from './sideBySide';
import { roundSpan } from './traces';
import { wakeAfterRounds } from './rollout/wake';

export const recordRound = wakingActivity(contracts.recordRound, async (services, { ref, claimId }) => {
  // As a rule `advanceRound` has asked: not in a round that ended under an earlier version or policy.
  const isAsked = await askAfterEnded(services, ref, claimId, services.nowUtc());
  if (!isAsked)
    throw new Error(`Hooks have more VMs of round ${claimId} to be asked about; this call is repeated.`);
  const { progress } = await progressOf(services, ref.rolloutId, claimId);
  return record(services, ref, claimId, endingsOf(claimId, progress));
});

/**
 * Asks the hooks about the installed VMs of a round that has ended. What the round shows by itself halts before that: hooks may take long. False: there
 * are more, or another worker asks, too; the next call goes on where this one has come.
 */
export async function askAfterEnded(
  services: Services,
  ref: contracts.RoundRef,
  claimId: string,
  calledUtc: string,
): Promise<boolean> {
  if (hooksOn(services, 'afterVm').length === 0) return true;
  const { progress, etag } = await progressOf(services, ref.rolloutId, claimId);
  const { endings } = endingsOf(claimId, progress);
  await closeEvidence(services, ref, claimId, endings);
  const placed = await sideBySide([...endings.entries()], async ([place, { vmId, result }]) =>
    result === null || result === 'notStarted' ? null : { place, vm: await services.inventory.read(vmId) },
  );
  const vms = placed.flatMap((one) => (one?.vm ? [{ place: one.place, vm: one.vm }] : []));
  const before = progress.asked ?? {};
  const { asked, isComplete } = await askAfterVms(services, ref, vms, { before, calledUtc });
  if (Object.values(asked).flat().length === Object.values(before).flat().length) return isComplete;
  const written = await services.roundProgress.write(ref.rolloutId, claimId, { ...progress, asked }, etag);
  return isComplete && written !== null;
}

/**
 * The same at the end of the call in which the last of its VMs ended, where nothing but the release of the claim comes after it: none of
 * them is unhealthy or unclear, and no hook is asked. False: it is left to `recordRound`.
 */
export async function recordPlainRound(
  services: WakingServices,
  ref: contracts.RoundRef,
  claimId: string,
  progress: Progress,
): Promise<boolean> {
  if (asksAfterwards(services)) return false;
  const ended = endingsOf(claimId, progress);
  if (unhealthyOf(ended.endings).length + unclearOf(ended.endings) > 0) return false;
  await record(services, ref, claimId, ended);
  return true;
}

async function record(
  services: WakingServices,
  ref: contracts.RoundRef,
  claimId: string,
  { endings, startedUtc }: EndedRound,
): Promise<AnswerTo<typeof contracts.recordRound>> {
  const { rolloutId, ...where } = ref;
  const round: RoundRecord = {
    ...where,
    atUtc: services.nowUtc(),
    counts: countOutcomes(endings.map(({ outcomeKind: kind, reason }) => ({ kind, reason }))),
  };
  await closeEvidence(services, ref, claimId, endings);
  const verdict = checkSilence(round.counts, services.policy);
  if (verdict.kind !== 'open')
    await writeHalt(services, rolloutId, {
      ...verdict,
      phase: ref.phase,
      region: ref.region,
      haltId: [ref.phase, ref.region, ref.stage, ref.group, ref.round].join('.'),
      evidence: { ...round.counts },
    });
  await askOfRound(services, ref, endings);
  // After all that may hold it: the gate of its phase counts it from here on, and the next phase may begin in its region.
  await services.rollouts.saveRound(rolloutId, round);
  const unhealthy = unhealthyOf(endings);
  if (unhealthy.length > 0) await expectProbes(services, ref.region);
  await wakeAfterRounds(services, rolloutId, ref.phase);
  const lastUtc = endings.map(({ endedUtc }) => endedUtc).reduce(later, startedUtc ?? '');
  services.trace?.(
    roundSpan(ref, claimId, {
      startUtc: startedUtc ?? lastUtc,
      endUtc: lastUtc,
      counts: { ...round.counts },
      isStopped: verdict.kind !== 'open',
    }),
  );
  return {
    gate: verdict.kind,
    why: verdict.kind === 'open' ? '' : verdict.why,
    unhealthy,
    unclear: unclearOf(endings),
  };
}

const unhealthyOf = (endings: readonly Ended[]): VmId[] =>
  endings.filter(({ outcomeKind }) => outcomeKind === 'unhealthy').map(({ vmId }) => vmId);

const unclearOf = (endings: readonly Ended[]): number =>
  endings.filter(({ reason }) => reason === 'orchestrationFailed').length;

export const asksAfterwards = (services: Services): boolean =>
  hooksOn(services, 'afterVm').length + hooksOn(services, 'afterRound').length > 0;

const closeEvidence = (
  services: Services,
  ref: contracts.RoundRef,
  claimId: string,
  endings: readonly Ended[],
): Promise<void> =>
  closeRoundEvidence(
    services,
    ref,
    claimId,
    endings.map(({ vmId, ...update }) => ({ vmId, update })),
  );

async function askOfRound(
  services: Services,
  ref: contracts.RoundRef,
  endings: readonly Ended[],
): Promise<void> {
  if (hooksOn(services, 'afterRound').length === 0) return;
  const found = await sideBySide(endings, ({ vmId }) => services.inventory.read(vmId));
  await askAfterRound(
    services,
    ref,
    found.filter((vm) => vm !== null),
  );
}

type Ended = Extract<VmUpdate, { kind: 'ended' }> & { readonly vmId: VmId };

interface EndedRound {
  readonly endings: readonly Ended[];
  readonly startedUtc: string | undefined;
}

type Progress = Pick<RoundProgress, 'vms' | 'startedUtc'>;

async function progressOf(
  services: Services,
  rolloutId: RolloutId,
  claimId: string,
): Promise<{ readonly progress: RoundProgress; readonly etag: string }> {
  const found = await services.roundProgress.read(rolloutId, claimId);
  if (found === null) throw new Error(`Round ${claimId} has no progress to be written down.`);
  return found;
}

/** How the VMs of a round ended. Throws while one of them has not: a round is written down once, whole. */
function endingsOf(claimId: string, { vms, startedUtc }: Progress): EndedRound {
  const endings = vms.map(({ vmId, update }) => {
    if (update.kind === 'ended') return { ...update, vmId };
    throw new Error(`Round ${claimId} is not over: ${vmId} is at ${update.kind}.`);
  });
  return { endings, startedUtc };
}

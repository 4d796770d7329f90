import type { z } from 'zod';
import { observed } from '../domain/vmUpdate';
import type { RoundProgress } from '../store/roundProgress';
import { hooksOn } from './rollout/askHooks';
import * as contracts from './contracts';
import { askControl } from './rollout/control';
import { leftOfSet } from './lookAtSet';
import { RoundGrid } from './round/roundGrid';
import { firstSteps, nextDue, type VmProgress } from './round/roundSteps';
import { activity, type AnswerTo, type Services } from './services';
import { isTimeUp, sideBySide } from './sideBySide';
import { inFlight, takeStep, type RoundInFlight } from './round/takeStep';

export const openRound = activity(
  contracts.openRound,
  async (services, input): Promise<AnswerTo<typeof contracts.openRound>> => {
    const { ref, disruption } = input;
    const control = await askControl(services, ref);
    if (control.kind !== 'go') return control;
    if (hooksOn(services, 'beforeRound').length > 0) return { kind: 'go', asksHooks: true };
    return {
      kind: 'go',
      disruption: await leftOfSet(services, { ref, disruption }),
      dueUtc: await assessedAhead(services, input),
    };
  },
);

/**
 * Looks at the VMs of a round and starts their assessments, as far as nothing stands in the way, and writes that down. On a slow platform the rest is
 * left to the first call of `advanceRound`. When its next step is due.
 */
async function assessedAhead(
  services: Services,
  input: z.output<typeof contracts.openRound.input>,
): Promise<string> {
  const { ref, claim } = input;
  const found = await services.roundProgress.read(ref.rolloutId, claim.claimId);
  const startedUtc = services.nowUtc();
  if (found !== null) return found.progress.answer.dueUtc ?? startedUtc;
  const round = inFlight(services, input);
  const grid = new RoundGrid(services, claim.claimId, startedUtc);
  const vms = await sideBySide(await firstSteps(services, ref), async (vm) =>
    isTimeUp(services, startedUtc) ? vm : assessed(services, round, vm, grid),
  );
  const dueUtc = nextDue(vms) ?? startedUtc;
  const answer = { dueUtc, events: [] };
  const row: RoundProgress = { call: 0, answer, vms: [...vms], startedUtc, isOpened: true };
  await services.roundProgress.write(ref.rolloutId, claim.claimId, row, null);
  return dueUtc;
}

/** A look, and the start of its assessment: what comes after them needs the claim. */
const STEPS_AHEAD = 2;

/** What stands in its way may be gone when the claim is granted: such a VM is looked at again then, and nothing is said of it before. */
async function assessed(
  services: Services,
  round: RoundInFlight,
  vm: VmProgress,
  grid: RoundGrid,
): Promise<VmProgress> {
  const { vmId } = vm;
  let { update } = vm;
  for (let steps = 0; steps < STEPS_AHEAD; steps += 1) {
    if (update.kind !== 'look' && update.kind !== 'startAssessment') break;
    const observation = await takeStep(services, round, vmId, update).catch(() => null);
    if (observation === null) return vm;
    const nowUtc = services.nowUtc();
    const advanced = observed(update, observation, { vmId, nowUtc, pace: services.policy });
    if (advanced.kind === 'ended') return vm;
    ({ update } = advanced);
  }
  return { vmId, update: update.kind === 'ended' ? update : { ...update, dueUtc: grid.next(update.dueUtc) } };
}

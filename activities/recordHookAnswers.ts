import { askBeforeRound } from './rollout/askHooks';
import * as contracts from './contracts';
import { roundOf } from './round/roundOf';
import { activity, type AnswerTo } from './services';
import { sideBySide } from './sideBySide';

/** Asking twice is harmless: a question that stands is not asked again, and a hold that stands is not written again. */
export const recordHookAnswers = activity(
  contracts.recordHookAnswers,
  async (services, { ref }): Promise<AnswerTo<typeof contracts.recordHookAnswers>> => {
    const { vmIds } = await roundOf(services, ref);
    const found = await sideBySide(vmIds, (vmId) => services.inventory.read(vmId));
    const word = await askBeforeRound(
      services,
      ref,
      found.filter((vm) => vm !== null),
    );
    return { go: word.kind === 'yes', nextUtc: word.kind === 'waits' ? word.untilUtc : null };
  },
);

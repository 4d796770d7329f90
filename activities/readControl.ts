import { hooksOn } from './rollout/askHooks';
import * as contracts from './contracts';
import { askControl } from './rollout/control';
import { activity, type AnswerTo } from './services';

export const readControl = activity(
  contracts.readControl,
  async (services, where): Promise<AnswerTo<typeof contracts.readControl>> => {
    const control = await askControl(services, where);
    return control.kind === 'go' && hooksOn(services, 'beforeRound').length > 0
      ? { kind: 'go', asksHooks: true }
      : control;
  },
);

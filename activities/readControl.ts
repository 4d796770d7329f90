import { hooksOn } from './askHooks';
import * as contracts from './contracts';
import { askControl } from './control';
import { activity, type AnswerTo } from './services';

export const readControl = activity(
  contracts.readControl,
  async (services, where): Promise<AnswerTo<typeof contracts.readControl>> => {
    const control = await askControl(services, where);
    if (control.kind !== 'go' || hooksOn(services, 'beforeRound').length === 0) return control;
    return { kind: 'go', asksHooks: true };
  },
);

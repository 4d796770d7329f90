import { hooksOn } from './askHooks';
import { leftOfSet } from './lookAtSet';
import * as contracts from './contracts';
import { askControl } from './control';
import { activity, type AnswerTo } from './services';

export const readControl = activity(
  contracts.readControl,
  async (services, { begins, ...where }): Promise<AnswerTo<typeof contracts.readControl>> => {
    const control = await askControl(services, where);
    if (control.kind !== 'go') return control;
    if (hooksOn(services, 'beforeRound').length > 0) return { kind: 'go', asksHooks: true };
    return begins === undefined ? control : { kind: 'go', disruption: await leftOfSet(services, begins) };
  },
);

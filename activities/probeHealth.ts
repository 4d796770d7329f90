import * as contracts from './contracts';
import { activity, type AnswerTo } from './world';

export const probeHealth = activity(
  contracts.probeHealth,
  async (world, { vmId }): Promise<AnswerTo<typeof contracts.probeHealth>> => {
    const probe = await world.driver.probeHealth(vmId);
    const atUtc = world.nowUtc();
    if (probe === null)
      return { answer: 'stopped', because: 'the VM does not exist any more', atUtc, gone: true };
    return { answer: probe.answer, because: probe.because, atUtc };
  },
);

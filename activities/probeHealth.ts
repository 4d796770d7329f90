import * as contracts from './contracts';
import { activity, type AnswerTo } from './services';

export const probeHealth = activity(
  contracts.probeHealth,
  async (services, { vmId }): Promise<AnswerTo<typeof contracts.probeHealth>> => {
    const probe = await services.driver.probeHealth(vmId);
    const atUtc = services.nowUtc();
    if (probe === null)
      return { answer: 'stopped', because: 'the VM does not exist any more', atUtc, gone: true };
    return { answer: probe.answer, because: probe.because, atUtc };
  },
);

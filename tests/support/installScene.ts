import { collectInstall } from '../../activities/collectInstall';
import { startInstall } from '../../activities/round/startInstall';
import type * as contracts from '../../activities/contracts';
import type { AnswerTo } from '../../activities/services';
import { imageFamilyOf } from '../../domain/imageFamily';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm } from './builders';
import { WINDOW_OPENS, ROLLOUT, type FakeServices } from './fakeServices';

type Answer = AnswerTo<typeof contracts.startInstall>;

export const START_BY = '2026-11-13T09:35:00.000Z';
export const AMBIGUITY_SECONDS = 600;
export const vm = aVm({ name: 'vm-under-test', zone: '1' });

export const inputFor = (claimId = 'claim-1', target: VirtualMachine = vm): Record<string, unknown> => ({
  rolloutId: ROLLOUT,
  phase: 'phase-1',
  region: target.region,
  vmId: target.id,
  claim: { claimId, startByUtc: START_BY },
  sinceUtc: WINDOW_OPENS,
  family: imageFamilyOf(target),
});

export const start = async (services: FakeServices, claimId?: string): Promise<Answer> =>
  (await startInstall.handler(services)(inputFor(claimId))) as Answer;

export const read = async (services: FakeServices, claimId = 'claim-1'): Promise<unknown> =>
  services.run(collectInstall, { region: vm.region, vmId: vm.id, claimId, sinceUtc: WINDOW_OPENS });

/** As a round does: asks again at the instant in the answer, until there is an answer. */
export async function startPatiently(services: FakeServices, claimId?: string): Promise<Answer> {
  for (let asked = 0; asked < 1_000; asked += 1) {
    const answer = await start(services, claimId);
    if (answer.kind !== 'wait') return answer;
    if (services.nowUtc() < answer.untilUtc) services.clock.nowUtc = answer.untilUtc;
  }
  throw new Error('It waits for ever.');
}

/** The platform has accepted one installation, and it is followed. */
export const wasStarted = async (services: FakeServices): Promise<void> => {
  expect(services.driver.accepted).toHaveLength(1);
  expect(await read(services)).toEqual({ kind: 'running' });
};

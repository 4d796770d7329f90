import { askAfterRound } from '../../activities/rollout/askHooks';
import { phaseIdOf } from '../../domain/phaseId';
import { Policy } from '../../domain/policy';
import { hookRoutes } from '../../operatorApi/hooks';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { aVm } from '../support/builders';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { roundInput } from '../support/rolloutScene';

const REF = { ...roundInput.ref, phase: phaseIdOf(1) };
const ASK = 'smoke~phase-1~eastus~zone-1~batch-1~1';

/** A round after which the hook `smoke` is asked, and holds the region until it answers. */
async function asked(): Promise<FakeServices> {
  const services = await someServices();
  const policy = Policy.parse({ hooks: [{ name: 'smoke', on: 'afterRound' }] });
  await askAfterRound({ ...services, policy }, REF, [aVm()]);
  return services;
}

async function say(services: FakeServices, by: string, go: boolean): Promise<void> {
  const request = {
    parameter: () => ROLLOUT,
    json: () => Promise.resolve({ ask: ASK, go }),
    by,
  } as unknown as OperatorRequest;
  const route = hookRoutes.find(({ name }) => name === 'answerHookQuestion');
  await route?.handler(request, { services } as unknown as OperatorContext);
}

const holds = async (services: FakeServices): Promise<number> =>
  (await services.rollouts.halts(ROLLOUT)).filter(({ decision }) => decision === null).length;

describe('the answer of a hook', () => {
  it('is the first of two that come at once: the other fails, and lifts nothing', async () => {
    const services = await asked();
    const read: FakeServices['hookAsks']['read'] = async (id, ask) => {
      const found = await services.hookAsks.read(id, ask);
      if (found?.answer === null) await say(services, 'ann', false);
      return found;
    };
    const bob = { ...services, hookAsks: { ...services.hookAsks, read } };
    await expect(say(bob, 'bob', true)).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
    expect((await services.hookAsks.read(ROLLOUT, ASK))?.answer).toMatchObject({ go: false, by: 'ann' });
    expect(await holds(services)).toBe(1);
  });

  it('given again, ends what broke off half way: a yes lifts its hold, and is once in the audit', async () => {
    const services = await asked();
    const append = jest.spyOn(services.audit, 'append').mockRejectedValueOnce(new Error('killed'));
    await expect(say(services, 'ann', true)).rejects.toThrow('killed');
    expect(append).toHaveBeenCalled();
    expect(await holds(services)).toBe(1);
    services.wait(60);
    await say(services, 'ann', true);
    await say(services, 'ann', true);
    expect(await holds(services)).toBe(0);
    const rows = await services.audit.list(ROLLOUT);
    expect(rows.filter(({ what }) => what === 'hookAnswered')).toHaveLength(1);
    await expect(say(services, 'bob', true)).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
  });

  it('is not lost to a second that asks the same at once', async () => {
    const services = await asked();
    const policy = Policy.parse({ hooks: [{ name: 'smoke', on: 'afterRound' }] });
    let isFirst = true;
    const read: FakeServices['hookAsks']['read'] = async (id, ask) => {
      if (!isFirst) return services.hookAsks.read(id, ask);
      isFirst = false;
      await say(services, 'ann', true);
      return null;
    };
    await askAfterRound({ ...services, policy, hookAsks: { ...services.hookAsks, read } }, REF, [aVm()]);
    expect((await services.hookAsks.read(ROLLOUT, ASK))?.answer).toMatchObject({ go: true });
  });
});

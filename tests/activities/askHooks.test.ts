import { askAfterRound, askBeforeRound } from '../../activities/rollout/askHooks';
import { phaseIdOf } from '../../domain/phaseId';
import { Policy } from '../../domain/policy';
import type { Services } from '../../activities/services';
import { aVm } from '../support/builders';
import { ROLLOUT, someServices } from '../support/fakeServices';
import { roundInput } from '../support/rolloutScene';

const REF = { ...roundInput.ref, phase: phaseIdOf(1) };
const PLACE = 'phase-1.eastus.zone-1.batch-1.1';

/** Hooks that answer by HTTP, each of which says no in its own words. */
async function refusing(on: 'beforeRound' | 'afterRound', ...names: readonly string[]): Promise<Services> {
  const hooks = names.map((name) => ({ name, on, url: `https://${name}.example` }));
  const services = await someServices();
  return {
    ...services,
    policy: Policy.parse({ hooks }),
    askHook: ({ name }) => Promise.resolve({ kind: 'no', why: `${name} is against it.` }),
  };
}

const holds = async (services: Services): Promise<readonly string[]> =>
  (await services.rollouts.halts(ROLLOUT)).map(({ haltId }) => haltId).sort();

describe('the hold of a hook', () => {
  it.each([
    ['smoke-test', 'smoke'],
    ['smoke', 'smoke-test'],
  ])('keeps no hook from a hold of its own that is named alike: %s, then %s', async (first, second) => {
    const after = await refusing('afterRound', first, second);
    await askAfterRound(after, REF, [aVm()]);
    expect(await holds(after)).toEqual([`${PLACE}.hook-smoke`, `${PLACE}.hook-smoke-test`]);

    const before = await refusing('beforeRound', first, second);
    await askBeforeRound(before, REF, [aVm()]);
    expect(await holds(before)).toEqual([`${PLACE}.hook-smoke`, `${PLACE}.hook-smoke-test`]);
  });

  it('stands once until a person has answered it; a no after that is another hold', async () => {
    const services = await refusing('beforeRound', 'change');
    await askBeforeRound(services, REF, [aVm()]);
    await askBeforeRound(services, REF, [aVm()]);
    expect(await holds(services)).toEqual([`${PLACE}.hook-change`]);
    await services.rollouts.decide(ROLLOUT, `${PLACE}.hook-change`, {
      kind: 'resume',
      by: 'ann',
      reason: 'approved',
      atUtc: services.nowUtc(),
    });
    await askBeforeRound(services, REF, [aVm()]);
    expect(await holds(services)).toEqual([`${PLACE}.hook-change`, `${PLACE}.hook-change.2`]);
  });
});

import { phaseIdOf } from '../../domain/phaseId';
import { describeRollout } from '../../operatorApi/describeRollout';
import { rolloutRoutes } from '../../operatorApi/rollouts';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { someServices, WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';

const stateOf = async (control: Parameters<typeof someServices>[0]): Promise<unknown> =>
  (await describeRollout(await someServices(control), ROLLOUT))['state'];

test('a cancelled rollout is cancelling until every VM has its outcome, then cancelled', async () => {
  expect(await stateOf({ control: { mode: 'cancelled' } })).toBe('cancelling');
  expect(await stateOf({ control: { mode: 'cancelled', endedUtc: WINDOW_OPENS } })).toBe('cancelled');
});

test('a rollout with a halt that waits for a person is halted, in the list as on its own', async () => {
  const services = await someServices();
  const listed = async (): Promise<unknown> => {
    const list = rolloutRoutes.find(({ name }) => name === 'listRollouts');
    const answer = await list?.handler({} as OperatorRequest, { services } as unknown as OperatorContext);
    return (answer?.jsonBody as { value: readonly { state: string }[] }).value.map(({ state }) => state);
  };
  const halt = { phase: phaseIdOf(2), region: 'eastus', why: 'sick', atUtc: WINDOW_OPENS, decision: null };
  await services.rollouts.addHalt(ROLLOUT, { ...halt, haltId: 'hold', kind: 'hold' });
  expect(await listed()).toEqual(['running']);
  await services.rollouts.addHalt(ROLLOUT, { ...halt, haltId: 'halt', kind: 'halt' });
  expect([await listed(), (await describeRollout(services, ROLLOUT))['state']]).toEqual([
    ['halted'],
    'halted',
  ]);
});

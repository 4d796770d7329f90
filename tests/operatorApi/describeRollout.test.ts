import { describeRollout } from '../../operatorApi/describeRollout';
import { someServices, WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';

const stateOf = async (control: Parameters<typeof someServices>[0]): Promise<unknown> =>
  (await describeRollout(await someServices(control), ROLLOUT))['state'];

test('a cancelled rollout is cancelling until every VM has its outcome, then cancelled', async () => {
  expect(await stateOf({ control: { mode: 'cancelled' } })).toBe('cancelling');
  expect(await stateOf({ control: { mode: 'cancelled', endedUtc: WINDOW_OPENS } })).toBe('cancelled');
});

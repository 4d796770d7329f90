import { describeRollout } from '../../operatorApi/describeRollout';
import { aWorld, NIGHT_OPENS, ROLLOUT } from '../support/fakeServices';

const stateOf = async (control: Parameters<typeof aWorld>[0]): Promise<unknown> =>
  (await describeRollout(await aWorld(control), ROLLOUT))['state'];

test('a cancelled rollout is cancelling until every VM has its outcome, then cancelled', async () => {
  expect(await stateOf({ control: { mode: 'cancelled' } })).toBe('cancelling');
  expect(await stateOf({ control: { mode: 'cancelled', endedUtc: NIGHT_OPENS } })).toBe('cancelled');
});

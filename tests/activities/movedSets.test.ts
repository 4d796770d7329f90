import { movedSets } from '../../activities/fleet/followMoved';
import { aSet, aVm } from '../support/builders';

it('B6: a set that was moved is named once, with the ledger that has its claims; a VM that was moved alone names none', () => {
  const move = (before: string | null, after: string | null): Parameters<typeof movedSets>[0][number] => ({
    from: aVm({ availabilitySetId: before === null ? null : aSet(before) }),
    to: aVm({ availabilitySetId: after === null ? null : aSet(after) }),
  });
  const [from, to] = [aSet('web'), aSet('web-moved')];
  expect(
    movedSets([move('web', 'web-moved'), move('web', 'web-moved'), move('db', 'db'), move(null, null)]),
  ).toEqual([{ from, to, ledger: expect.any(String) as string }]);
});

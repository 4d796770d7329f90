import { loadNatively } from '../../emulator/support/nativeHost';
import type * as IdleModule from '../../../lab/bench/idle';

test('a day in which nothing is due costs 30 requests to the tables: the hourly look, and what there is once a day', async () => {
  const { idleDays } = loadNatively('dist/lab/bench/idle.js') as typeof IdleModule;
  const [day] = await idleDays();
  expect(Object.fromEntries(day?.byOperation ?? [])).toEqual({
    'rollouts.list': 25,
    'rollouts.replace': 2,
    'inventory.list': 1,
    'freezes.list': 1,
    'rollouts.commit': 1,
  });
});

import { planCatchUp } from '../../activities/planCatchUp';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import { repositoriesOn } from '../../store/repositories';
import type { Table, TableName } from '../../store/store';
import { vmsOf } from '../support/builders';
import { ROLLOUT, roundsOfRegion, someServices } from '../support/fakeServices';

const PHASE = PhaseId.parse('catchup-2026-11-13t04');

/** So many wait in a region when a pause ends. Each alone, eight at once, would take longer than a call has on a slow table. */
const WAITING = 2_001;

test('a catch-up of many VMs reads the inventory page by page, not VM by VM', async () => {
  const nowUtc = '2026-11-13T04:10:00.000Z';
  const vms = vmsOf(WAITING + 2);
  const services = await someServices({ vms, nowUtc });
  const [notTaken, gone, ...others] = vms;
  const taken = [gone, ...others].flatMap((vm) => (vm === undefined ? [] : [vm]));
  await services.secondChances.take(
    PHASE,
    taken.map(({ id, region }) => ({
      rolloutId: ROLLOUT,
      vmId: id,
      region,
      phase: phaseIdOf(1),
      reason: 'poweredOff',
      atUtc: '2026-11-12T05:00:00.000Z',
      misses: 0,
      timeZone: 'America/New_York',
    })),
  );
  if (gone !== undefined)
    await services.inventory.change({ upsert: [{ ...gone, goneUtc: nowUtc }], remove: [] });

  let read = 0;
  const table = (name: TableName): Table => {
    const own = services.store.table(name);
    const get: Table['get'] = (partition, row) => {
      read += 1;
      return own.get(partition, row);
    };
    return { ...own, get };
  };
  const counted = { ...services, ...repositoriesOn({ table }, services.policy) };
  await planCatchUp.handler(counted)({ rolloutId: ROLLOUT, region: 'eastus', phase: PHASE });
  expect(read).toBeLessThan(20);

  const planned = (await roundsOfRegion(services, PHASE, 'eastus')).flatMap(({ vmIds }) => vmIds);
  expect(planned).toHaveLength(WAITING);
  expect(new Set(planned)).toEqual(new Set(others.map(({ id }) => id)));
  expect(planned).not.toContain(notTaken?.id);
});

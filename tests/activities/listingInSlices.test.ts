import { SLICE_ITEMS } from '../../activities/slices';
import { takeListing } from '../../activities/fleet/takeListing';
import { aVm, vmsOf } from '../support/builders';
import { advance, dueSince, sweep } from '../support/dueAssessments';
import { someServices } from '../support/fakeServices';

const VMS = 2_000;

/** Turns of the event loop that others get meanwhile. */
async function turnsLeftBy(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  try {
    await work();
  } finally {
    isOver = true;
  }
  return turns;
}

test('a listing of a large fleet leaves turns to what else is asked, whether it is as before or has changed', async () => {
  const vms = Array.from({ length: VMS }, (_, n) => aVm({ name: `vm-${n}` }));
  const services = await someServices({ vms, control: null });
  const { agreed } = await takeListing(services);
  expect(await turnsLeftBy(() => takeListing(services, { agreed }))).toBeGreaterThanOrEqual(
    VMS / SLICE_ITEMS,
  );
  for (const { id } of vms.slice(0, 1)) services.driver.remove(id);
  expect(await turnsLeftBy(() => takeListing(services, { agreed }))).toBeGreaterThanOrEqual(
    (3 * VMS) / SLICE_ITEMS,
  );
});

test('assessments of many VMs at once, as many as come due in one window, leave a turn for each call', async () => {
  const BATCHES = 8;
  const services = await dueSince(vmsOf(100 * BATCHES));
  const batches: string[] = [];
  const takeAll = async (): Promise<void> => {
    for (const { batch } of await sweep(services)) if (batch !== null) batches.push(batch);
  };
  expect(await turnsLeftBy(takeAll)).toBeGreaterThanOrEqual(BATCHES);
  expect(batches).toHaveLength(BATCHES);
  const callAll = (call: number) => (): Promise<unknown> =>
    Promise.all(batches.map((batch) => advance(services, batch, call)));
  expect(await turnsLeftBy(callAll(1))).toBeGreaterThanOrEqual(BATCHES);
  expect(services.driver.assessed).toHaveLength(100 * BATCHES);
  for (const n of services.driver.assessed.keys()) services.driver.endAssessment(`assess-${n + 1}`);
  services.wait(900);
  expect(await turnsLeftBy(callAll(2))).toBeGreaterThanOrEqual(BATCHES);
  for (const batch of batches) expect(await services.assessments.readBatch(batch)).toBeNull();
});

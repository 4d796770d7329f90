import { SLICE_ITEMS } from '../../activities/slices';
import { takeListing } from '../../activities/takeListing';
import { collectAssessments } from '../../activities/collectAssessments';
import { startAssessments } from '../../activities/startAssessments';
import { aVm, vmsOf } from '../support/builders';
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
  const CALLS = 16;
  const vms = vmsOf(20 * CALLS);
  const services = await someServices({ vms });
  const partsOf = <T>(all: readonly T[]): readonly (readonly T[])[] =>
    Array.from({ length: CALLS }, (_, n) => all.slice(20 * n, 20 * n + 20));
  const started: { readonly started: readonly { readonly vmId: string; readonly operationId: string }[] }[] =
    [];
  const start = (): Promise<unknown> =>
    Promise.all(
      partsOf(vms.map(({ id }) => id)).map(async (vmIds) => {
        const input = { vmIds, due: null, activityId: 'one' };
        started.push((await services.run(startAssessments, input)) as (typeof started)[number]);
      }),
    );
  expect(await turnsLeftBy(start)).toBeGreaterThanOrEqual(CALLS);
  const operations = partsOf(started.flatMap((answer) => answer.started));
  expect(operations.flat()).toHaveLength(vms.length);
  const collect = (): Promise<unknown> =>
    Promise.all(operations.map((part) => services.run(collectAssessments, { operations: part, due: null })));
  expect(await turnsLeftBy(collect)).toBeGreaterThanOrEqual(CALLS);
});

import { SLICE_ITEMS } from '../../activities/slices';
import { takeListing } from '../../activities/takeListing';
import { aVm } from '../support/builders';
import { someServices, type FakeServices } from '../support/fakeServices';

const VMS = 2_000;

/** Turns of the event loop that others get while a listing is taken. */
async function turnsLeftBy(
  services: FakeServices,
  agreed: Parameters<typeof takeListing>[1],
): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  try {
    await takeListing(services, agreed);
  } finally {
    isOver = true;
  }
  return turns;
}

test('a listing of a large fleet leaves turns to what else is asked, whether it is as before or has changed', async () => {
  const vms = Array.from({ length: VMS }, (_, n) => aVm({ name: `vm-${n}` }));
  const services = await someServices({ vms, control: null });
  const { agreed } = await takeListing(services);
  expect(await turnsLeftBy(services, { agreed })).toBeGreaterThanOrEqual(VMS / SLICE_ITEMS);
  for (const { id } of vms.slice(0, 1)) services.driver.remove(id);
  expect(await turnsLeftBy(services, { agreed })).toBeGreaterThanOrEqual((3 * VMS) / SLICE_ITEMS);
});

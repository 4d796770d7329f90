import { healthFrom } from '../domain/health';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { Services } from './services';
import { sideBySide } from './sideBySide';

/**
 * Members of a set that are down by themselves: off, or unhealthy; `except` those that are being updated right now. One that cannot be read
 * is taken for down: nothing says that it is up.
 */
export async function membersDown(
  services: Services,
  set: AvailabilitySetId,
  except: ReadonlySet<VmId>,
): Promise<ReadonlySet<VmId>> {
  const down = new Set<VmId>();
  const others = (await services.inventory.setMembers(set)).filter((id) => !except.has(id));
  await sideBySide(others, async (id) => {
    if (await isDown(services, id)) down.add(id);
  });
  return down;
}

export async function isDown({ driver }: Pick<Services, 'driver'>, id: VmId): Promise<boolean> {
  try {
    const reading = await driver.readVirtualMachine(id);
    if (reading === null) return false; // deleted: no member any more
    return reading.powerState !== 'running' || healthFrom(reading.signals).answer === 'unhealthy';
  } catch {
    return true;
  }
}

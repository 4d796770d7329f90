import { healthFrom } from '../domain/health';
import type { AvailabilitySetId, VmId } from '../domain/ids';
import type { Services } from './services';

/** VMs that are asked about side by side. */
const SIDE_BY_SIDE_MAX = 8;

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
  const left = (await services.inventory.setMembers(set)).filter((id) => !except.has(id));
  const worker = async (): Promise<void> => {
    for (let id = left.shift(); id !== undefined; id = left.shift())
      if (await isDown(services, id)) down.add(id);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE_MAX }, worker));
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

import type { SimulatedServices } from '../composition/compose';
import type { DriverEvent } from '../drivers/driver';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import type { Host } from '../emulator/host';

/** The driver's own log, from the app's own copy of the driver. It is worked out when it is read, also after the host is closed. */
export async function eventsOf(host: Host, untilUtc: string): Promise<Iterable<DriverEvent>> {
  const driver = await driverOf(host);
  driver.logUntil(untilUtc);
  return driver.events();
}

/** The fleet as the driver has loaded it from its file: of one of 100,000 VMs there need not be two in memory. */
export async function loadedFleet(host: Host): Promise<Pick<ParsedFleet, 'vms' | 'instances'>> {
  const fleet = (await driverOf(host)).fleet();
  if (fleet === null) throw new Error('The simulated driver has no fleet.');
  return fleet;
}

async function driverOf(host: Host): Promise<SimulatedServices['driver']> {
  const { appServices } = host.appModule('./dist/composition/compose') as {
    appServices: () => Promise<SimulatedServices>;
  };
  return (await appServices()).driver;
}

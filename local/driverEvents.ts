import type * as Composition from '../composition/compose';
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

/** How many VMs the app was given. A file that it cannot read is an error here, before the clock moves. */
export async function givenVmCount(host: Host): Promise<number> {
  const driver = (await composition(host).openedDriver()) as SimulatedServices['driver'];
  return driver.givenFleet?.vms.length ?? 0;
}

/** The fleet as the driver has loaded it from its file: of one of 100,000 VMs there need not be two in memory. */
export async function loadedFleet(host: Host): Promise<Pick<ParsedFleet, 'vms' | 'instances'>> {
  const fleet = (await driverOf(host)).fleet();
  if (fleet === null) throw new Error('The simulated driver has no fleet.');
  return fleet;
}

async function driverOf(host: Host): Promise<SimulatedServices['driver']> {
  const services = (await composition(host).appServices()) as SimulatedServices;
  return services.driver;
}

const composition = (host: Host): typeof Composition =>
  host.appModule('./dist/composition/compose') as typeof Composition;

import type { SimulatedServices } from '../composition/compose';
import type { DriverEvent } from '../drivers/driver';
import type { Host } from '../emulator/host';

/** The driver's own log, from the app's own copy of the driver. It is worked out when it is read, also after the host is closed. */
export async function eventsOf(host: Host, untilUtc: string): Promise<Iterable<DriverEvent>> {
  const { appServices } = host.appModule('./dist/composition/compose') as {
    appServices: () => Promise<SimulatedServices>;
  };
  const { driver } = await appServices();
  driver.logUntil(untilUtc);
  return driver.events();
}

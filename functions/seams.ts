import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import type { Store } from '../store/store';

/** Where a rehearsal may put faults between the app and what it leans on. */
export interface Seams {
  store: (store: Store) => Store;
  driver: (driver: SimulatedDriver) => SimulatedDriver;
  activity: (name: string, run: () => Promise<unknown>) => Promise<unknown>;
}

/** Everything passes as it is; torture/ assigns others before the world is first needed. */
export const seams: Seams = {
  store: (store) => store,
  driver: (driver) => driver,
  activity: (_name, run) => run(),
};

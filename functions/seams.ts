import type { World } from '../activities/world';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import type { Store } from '../store/store';

/** Where a rehearsal may put faults between the app and what it leans on. */
export interface Seams {
  store: (store: Store) => Store;
  driver: (driver: SimulatedDriver) => SimulatedDriver;
  /** `run` gets the world as the worker sees it that the message of the activity has come to. */
  activity: (name: string, world: World, run: (world: World) => Promise<unknown>) => Promise<unknown>;
}

/** Everything passes as it is; torture/ assigns others before the world is first needed. */
export const seams: Seams = {
  store: (store) => store,
  driver: (driver) => driver,
  activity: (_name, world, run) => run(world),
};

import type { Services } from '../activities/services';
import type { SimulatedDriver } from '../drivers/simulated/simulatedDriver';
import type { Store } from '../store/store';

/** Where a rehearsal may put faults between the app and what it leans on. */
export interface FaultHooks {
  store: (store: Store) => Store;
  driver: (driver: SimulatedDriver) => SimulatedDriver;
  /** `run` gets the services as the worker sees it that the message of the activity has come to. */
  activity: <S extends Services>(
    name: string,
    services: S,
    run: (services: S) => Promise<unknown>,
  ) => Promise<unknown>;
}

/** Everything passes as it is. */
export const noFaults: Readonly<FaultHooks> = {
  store: (store) => store,
  driver: (driver) => driver,
  activity: (_name, services, run) => run(services),
};

/** lab/faults/ assigns others before the app is put together. */
export const faultHooks: FaultHooks = { ...noFaults };

import type { CoreApi } from './coreApi';
import type { Engine } from './engine/engine';
import { FaithfulRunner } from './engine/runners';
import { Worker } from './engine/workers';
import type { WorkerView } from './hostOptions';
import type { Invoker } from './invoke';
import { loadCopy } from './loadApp';
import type { AppSettings } from './settings';

export interface WorkerControl {
  add(name: string): Promise<void>;
  list(): readonly WorkerView[];
}

/** Several workers on the hub of one host; docs/emulator.md says what of the real hosts' partitions and leases this models. */
export function workerControl(
  engine: Engine,
  settings: AppSettings,
  newInvoker: (core: CoreApi) => Invoker,
  log: CoreApi['log'],
  isFaithful: boolean,
): WorkerControl {
  const { workers } = engine.options;
  return {
    add: async (name) => {
      if (!isFaithful)
        throw new Error(
          'A second worker needs the faithful engine: in session mode the generators live in the first one. Start the host with engine: "faithful".',
        );
      const core = await loadCopy(settings, { WEBSITE_INSTANCE_ID: name }, log);
      const invoker = newInvoker(core);
      engine.addWorker(new Worker(name, core.functions, invoker, new FaithfulRunner(invoker)));
    },
    list: () =>
      workers.all.map((worker) => ({
        name: worker.name,
        alive: worker.alive,
        partitions: workers.partitionsOf(worker),
      })),
  };
}

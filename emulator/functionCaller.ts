import type { Workers } from './engine/workers';
import type { Invoker } from './invoke';

/** Calls HTTP and timer functions. */
export type Caller = Pick<Invoker, 'throughWorker'>;

/** The first worker that runs. On the real host a load balancer and a lock choose it. */
export function callerOf(workers: Workers): Caller {
  return {
    throughWorker: async (fn, input) => {
      const [worker] = workers.alive;
      if (!worker) throw new Error(`${fn.name} cannot run: every worker is dead.`);
      const own = worker.find(fn.trigger.type as 'httpTrigger' | 'timerTrigger', fn.name) ?? fn;
      return worker.invoker.throughWorker(own, input);
    },
  };
}

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { RawAction } from './actions';

/** The library's Task, as far as the guards look into it. */
export interface LibraryTask {
  /** 0 running, 1 failed, 2 completed: see TaskState. */
  readonly state: unknown;
  readonly children?: readonly LibraryTask[];
}

/** durable-functions' TaskOrchestrationExecutor: it holds the generator of a running orchestration. */
export interface LiveExecutor {
  processEvent(event: object): void;
  isDoneExecuting(): boolean;
  hasCompletedSuccessfully(): boolean;
  actions: RawAction[];
  readonly output: unknown;
  /** What the orchestrator threw, which need not be an Error. */
  exception: { readonly message?: string } | undefined;
  readonly context: { readonly customStatus: unknown };
  readonly currentTask: LibraryTask | undefined;
  readonly generator: unknown;
  readonly sequenceNumber: number;
  _isReplaying: boolean;
}

/** The one version whose inside session mode relies on. */
export const SUPPORTED_LIBRARY_VERSION = '3.5.0';

export interface DurableLibrary {
  readonly version: string;
  readonly runningState: unknown;
  /** Runs `start`, which must begin an orchestration synchronously, and returns the executor it created. */
  capture(start: () => unknown): LiveExecutor;
  /** Wraps a generator function as the library does when an app registers an orchestrator. */
  readonly createOrchestrator: (
    generator: unknown,
  ) => (trigger: unknown, context: object) => Promise<unknown>;
}

interface ExecutorClass {
  prototype: { execute(this: LiveExecutor, ...args: unknown[]): unknown };
}

/** Opens the durable-functions that the app itself uses. Undefined when the app has none. */
export function openLibrary(appDir: string): DurableLibrary | undefined {
  const require = createRequire(join(appDir, 'package.json'));
  let manifest: string;
  try {
    manifest = require.resolve('durable-functions/package.json');
  } catch {
    return undefined;
  }
  const { version } = require(manifest) as { version: string };
  const inside = (path: string): unknown => require(join(dirname(manifest), 'lib', 'src', path));
  const { TaskOrchestrationExecutor } = inside('orchestrations/TaskOrchestrationExecutor') as {
    TaskOrchestrationExecutor: ExecutorClass;
  };
  const { TaskState } = inside('task') as { TaskState: { Running: unknown } };
  const { createOrchestrator } = inside('util/testingUtils') as Pick<DurableLibrary, 'createOrchestrator'>;
  return {
    version,
    runningState: TaskState.Running,
    capture: capturing(TaskOrchestrationExecutor),
    createOrchestrator,
  };
}

/** A library that stays loaded for the next host is wrapped once. */
const captures = new WeakMap<ExecutorClass, DurableLibrary['capture']>();

function capturing(executorClass: ExecutorClass): DurableLibrary['capture'] {
  const known = captures.get(executorClass);
  if (known) return known;
  let latest: LiveExecutor[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the executor as `this` below
  const execute = executorClass.prototype.execute;
  executorClass.prototype.execute = function (...args: unknown[]): unknown {
    latest.push(this);
    return execute.apply(this, args);
  };
  const capture: DurableLibrary['capture'] = (start) => {
    latest = [];
    const result = start();
    // The executor has already run as far as it can; a failure is read from it, not from the promise.
    if (result instanceof Promise) result.catch(() => undefined);
    const [executor] = latest;
    latest = [];
    if (!executor) throw new Error('durable-functions did not start its executor synchronously');
    return executor;
  };
  captures.set(executorClass, capture);
  return capture;
}

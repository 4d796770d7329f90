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

interface WhenAllTask extends LibraryTask {
  readonly children: readonly LibraryTask[];
  [openFrom]?: number;
}

interface WhenAllClass {
  prototype: { trySetValue(this: WhenAllTask, child: LibraryTask, executor: unknown): void };
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
  const { TaskState, WhenAllTask } = inside('task') as {
    TaskState: { Running: unknown; Completed: unknown };
    WhenAllTask: WhenAllClass;
  };
  askOnceEach(WhenAllTask, TaskState.Completed);
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

/** All children before this one have completed. */
const openFrom = Symbol('openFrom');

const asksOnceEach = new WeakSet<WhenAllClass>();

/**
 * Task.all asks all its children again whenever one of them has completed, which makes a fan-out of thousands quadratic. While it is known
 * that one has not completed, the library would do nothing: then it is not asked. No child un-completes, and children are only added.
 */
function askOnceEach(whenAllClass: WhenAllClass, completed: unknown): void {
  if (asksOnceEach.has(whenAllClass)) return;
  asksOnceEach.add(whenAllClass);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the task as `this` below
  const trySetValue = whenAllClass.prototype.trySetValue;
  whenAllClass.prototype.trySetValue = function (child, executor) {
    const { children } = this;
    let open = this[openFrom] ?? 0;
    while (open < children.length && children[open]?.state === completed) open += 1;
    this[openFrom] = open;
    if (open === children.length || child.state !== completed) trySetValue.call(this, child, executor);
  };
}

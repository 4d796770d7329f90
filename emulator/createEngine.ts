import type { Clock } from './clock';
import type { RegisteredFunction } from './coreApi';
import { Engine } from './engine/engine';
import { countedIds, randomIds } from './engine/ids';
import { openLibrary, type DurableLibrary } from './engine/library';
import { FaithfulRunner, SessionRunner } from './engine/runners';
import { sessionsWork } from './engine/selfTest';
import { Worker, Workers } from './engine/workers';
import type { Guards } from './guards';
import type { HostOptions } from './hostOptions';
import type { Invoker } from './invoke';
import type { Journal } from './journal';
import type { LoadedApp } from './loadApp';
import type { AppSettings } from './settings';

/** What every host begins with. */
export const FIRST_WORKER = 'worker-1';

export interface Tools {
  readonly guards: Guards;
  readonly invoker: Invoker;
  readonly extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>;
  readonly unserved: HostOptions['unserved'] | undefined;
  readonly log: (line: string) => void;
}

export function createEngine(
  options: HostOptions,
  settings: AppSettings,
  clock: Clock,
  app: LoadedApp,
  journal: Journal | undefined,
  tools: Tools,
): Engine {
  const { guards, invoker, log } = tools;
  const { functions } = app.core;
  const library = openLibrary(settings.appDir);
  const isVirtual = clock.kind === 'virtual';
  const faithful = new FaithfulRunner(invoker);
  const isFaithful = options.engine === 'faithful';
  const useSession = !isFaithful && canUseSessions(library, invoker, log);
  const runner = useSession && library ? new SessionRunner(library, invoker, guards) : faithful;
  const first = new Worker(FIRST_WORKER, functions, invoker, runner);
  return new Engine({
    clock,
    ids: isVirtual ? countedIds(journal?.recovered.idCounter) : randomIds(),
    guards,
    functions,
    workers: new Workers(first, settings.partitionCount, settings.activitiesMax),
    auditor: useSession ? faithful : undefined,
    auditEvery: options.auditEvery ?? 0,
    library,
    store: journal,
    activitiesMax: settings.activitiesMax,
    inOrder: isVirtual,
    fullMessages: !useSession,
    versioning: settings.versioning,
    earlyTimers: options.earlyTimers ?? isFaithful,
    hidden: isFaithful
      ? { controlQueueMs: settings.controlQueueHiddenMs, workItemQueueMs: settings.workItemQueueHiddenMs }
      : undefined,
    keepHistoryOfFinishedChildren:
      options.keepChildHistory ?? !(isVirtual && options.store.kind === 'memory'),
    extraInputs: tools.extraInputs,
    onPersist: options.onPersist,
    transit: options.transit,
    observer: options.observe?.(() => clock.nowMs()),
    log,
  });
}

function canUseSessions(
  library: DurableLibrary | undefined,
  invoker: Invoker,
  log: (line: string) => void,
): boolean {
  if (!library) return false;
  const why = sessionsWork(library, invoker);
  if (why !== undefined) log(`warning: session mode is off, every episode is replayed: ${why}`);
  return why === undefined;
}

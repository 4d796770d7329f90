import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { admin } from './admin';
import { catchClientCalls, durableClientInput, extraInputsOf } from './clientBinding';
import { createClock, type Clock, type ClockOptions } from './clock';
import type { CoreApi, RegisteredFunction } from './coreApi';
import type { Stats } from './engine/core';
import { Engine } from './engine/engine';
import { countedIds, randomIds } from './engine/ids';
import { openLibrary, type DurableLibrary } from './engine/library';
import { FaithfulRunner, SessionRunner } from './engine/runners';
import type { PersistPoint } from './engine/persistPoints';
import type { EngineObserver } from './engine/observer';
import type { Transit } from './engine/transit';
import { resume } from './engine/resume';
import { sessionsWork } from './engine/selfTest';
import { Guards, type Finding } from './guards';
import { httpFunctions } from './httpFunctions';
import type { Answer, HttpHandler } from './http';
import { Invoker } from './invoke';
import { Journal } from './journal';
import { loadApp, type LoadedApp } from './loadApp';
import { driveClock, runVirtualUntil } from './pace';
import { createRouter } from './routes';
import { listen } from './server';
import { readSettings, type AppSettings } from './settings';
import { historyOf, statusOf, type StatusView } from './statusView';
import { TimerTriggers } from './timers';
import { Webhooks } from './webhooks';

export type { ClockOptions } from './clock';
export { CrashHost, type PersistPoint } from './engine/persistPoints';
export type { Transit } from './engine/transit';

export interface HostOptions {
  /** Folder with package.json, host.json and perhaps local.settings.json. */
  readonly appDir: string;
  readonly clock: ClockOptions;
  readonly store: { readonly kind: 'memory' } | { readonly kind: 'journal'; readonly path: string };
  /** `faithful` replays every episode through JSON as the real host does; `session` (default) keeps generators alive. */
  readonly engine?: 'faithful' | 'session';
  /** Session mode: every Kth episode and every last one is also replayed from JSON and compared. 0 = never. */
  readonly auditEvery?: number;
  /** 0 = any free port; undefined = no listening socket, requests only through `request`. */
  readonly port?: number;
  readonly https?: boolean;
  /** Guards are errors (Lowtide itself) instead of warnings (hosted apps). */
  readonly strict?: boolean;
  /** Over `Values` of local.settings.json; in process.env before the app is loaded. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly log?: (line: string) => void;
  /** Default true: fire timer-triggered functions. */
  readonly timers?: boolean;
  /**
   * Whether finished sub-orchestrations keep their history. Default: all stores and clocks but the virtual clock with
   * the memory store, where a month leaves hundreds of thousands of them.
   */
  readonly keepChildHistory?: boolean;
  /**
   * For torture tests, with a journal: called at every step that the real host persists; throwing a CrashHost makes this
   * host die there, and the next one on the same journal finds what the real one would have left.
   */
  readonly onPersist?: (point: PersistPoint) => void;
  /** For torture tests: messages that come late, and workers that hang. */
  readonly transit?: Transit;
  /** Made with the host's clock, and told of the engine's work: see storageModel. */
  readonly observe?: (nowMs: () => number) => EngineObserver;
  /**
   * The app stays loaded for the next host in this process that wants it so: for thousands of short runs. What it has in memory stays,
   * too; forgetting it is up to `prepare`.
   */
  readonly keepApp?: boolean;
  /** Called with the app's own modules when they are loaded, before anything of the app runs: for tests that put seams to use. */
  readonly prepare?: (appModule: (path: string) => unknown) => void;
}

export interface InstanceView extends StatusView {
  readonly version: string | null;
  readonly parentInstanceId: string | null;
  readonly history: readonly Record<string, unknown>[];
}

export interface Host {
  /** '' when not listening. */
  readonly baseUrl: string;
  readonly stats: Readonly<Stats>;
  /** What the guards found, once for each kind and function. */
  readonly findings: readonly Finding[];
  nowUtc(): string;
  nowMs(): number;
  /** In process, no socket. `body` is sent as JSON unless it is a string. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Record<string, string>; body: unknown }>;
  /** Virtual clock: processes everything due up to and including that instant, and stands at it afterwards. */
  runUntil(utc: string): Promise<void>;
  /** Virtual clock: until that instant the machine is suspended. What becomes due meanwhile is so all at once afterwards. */
  sleepUntil(utc: string): Promise<void>;
  /** Nothing can run now; timers in the future may remain. */
  idle(): Promise<void>;
  instance(id: string): InstanceView | undefined;
  /** A module of the app as the app's own code sees it, for tests that look into a simulated world. */
  appModule(path: string): unknown;
  close(): Promise<void>;
}

/** What starting has done, to be undone in reverse, at the end or when starting fails half way. */
type Undo = (() => unknown)[];

export async function startHost(options: HostOptions): Promise<Host> {
  const undo: Undo = [];
  try {
    return await start(options, undo);
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}

async function undoAll(undo: Undo): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
}

async function start(options: HostOptions, undo: Undo): Promise<Host> {
  const log = options.log ?? ((): void => undefined);
  const settings = readSettings(resolve(options.appDir));
  const journal = await openJournal(options, log);
  if (journal) undo.push(() => journal.close());
  const clock = createClock(options.clock, journal?.recovered.nowMs);
  undo.push(replaceLuxonClock(settings.appDir, clock));
  const environment = { WEBSITE_HOSTNAME: '127.0.0.1', ...settings.values, ...options.environment };
  const logOfApp: CoreApi['log'] = (level, category, message) => {
    log(category === 'user' ? `${level}: ${message}` : `${level}: [${category}] ${message}`);
  };
  const app = await loadApp(settings, environment, logOfApp, options.keepApp);
  undo.push(app.unload);
  options.prepare?.((path) => app.require(path) as unknown);
  const guards = new Guards(options.strict ?? false, log);
  const invoker = new Invoker(app.core, (level, _category, message) => {
    log(`${level}: ${message}`);
  });
  const origin = { url: 'http://127.0.0.1' };
  const extraInputs = (fn: RegisteredFunction): Record<string, { json: string }> =>
    extraInputsOf(fn, durableClientInput(origin.url, settings.hubName));
  const tools = { guards, invoker, extraInputs, log };
  const engine = createEngine(options, settings, clock, app, journal, tools);
  if (journal) resume(engine, journal.recovered);
  const timers = createTimers(engine, app, journal, tools);
  const handler = createHandler(engine, clock, app, settings, timers, origin, tools, undo);
  if (options.port !== undefined) {
    const server = await listen(options.port, options.https ?? false, handler);
    undo.push(() => server.close());
    origin.url = server.baseUrl;
    process.env['WEBSITE_HOSTNAME'] = origin.url.replace(/^https?:\/\//, '');
  }
  if (options.timers ?? true) timers.start();
  const driver = driveClock(engine, clock);
  undo.push(() => driver.stop());
  engine.wake();
  return createHost({
    engine,
    clock,
    guards,
    handler,
    app,
    baseUrl: options.port === undefined ? '' : origin.url,
    undo,
  });
}

async function openJournal(
  { store }: HostOptions,
  log: (line: string) => void,
): Promise<Journal | undefined> {
  if (store.kind === 'memory') return undefined;
  const journal = await Journal.open(resolve(store.path));
  const { instances, tornBytes } = journal.recovered;
  if (instances.size > 0) log(`information: the journal brought back ${instances.size} instance(s)`);
  if (tornBytes > 0)
    log(`warning: ${tornBytes} bytes at the end of the journal were no whole commit, and are dropped`);
  return journal;
}

function createTimers(
  engine: Engine,
  app: LoadedApp,
  journal: Journal | undefined,
  tools: Tools,
): TimerTriggers {
  const timerFunctions = [...app.core.functions.values()].filter((fn) => fn.trigger.type === 'timerTrigger');
  const { invoker, extraInputs, log } = tools;
  const timers = new TimerTriggers(
    engine,
    invoker,
    timerFunctions,
    extraInputs,
    log,
    journal?.recovered.timers,
  );
  if (journal) journal.timers = timers.lastMs;
  return timers;
}

/** Who answers a request: the durable extension, the host's admin API, or a function of the app. */
function createHandler(
  engine: Engine,
  clock: Clock,
  app: LoadedApp,
  settings: AppSettings,
  timers: TimerTriggers,
  origin: { readonly url: string },
  { invoker, extraInputs, log }: Tools,
  undo: Undo,
): HttpHandler {
  const { functions } = app.core;
  const webhooks = new Webhooks(engine, settings.hubName, () => origin.url);
  const router = createRouter(functions.values(), settings.routePrefix);
  const appFunctions = httpFunctions(router, invoker, extraInputs, log);
  const adminApi = admin(functions, timers, settings, () => origin.url);
  const route: HttpHandler = (exchange) => {
    const own = webhooks.handler(exchange.url.pathname) ?? adminApi(exchange.url.pathname);
    return (own ?? appFunctions)(exchange);
  };
  if ([...functions.values()].some((fn) => fn.trigger.type === 'orchestrationTrigger')) {
    undo.push(catchClientCalls(settings.appDir, route));
  }
  // Under the virtual clock a request is work under way: time must not move on before it is answered.
  return clock.kind === 'virtual' ? (exchange) => engine.during(() => route(exchange)) : route;
}

interface Tools {
  readonly guards: Guards;
  readonly invoker: Invoker;
  readonly extraInputs: (fn: RegisteredFunction) => Record<string, { json: string }>;
  readonly log: (line: string) => void;
}

function createEngine(
  options: HostOptions,
  settings: AppSettings,
  clock: Clock,
  app: LoadedApp,
  journal: Journal | undefined,
  tools: Tools,
): Engine {
  const { guards, invoker, log } = tools;
  const library = openLibrary(settings.appDir);
  const isVirtual = clock.kind === 'virtual';
  const faithful = new FaithfulRunner(invoker);
  const useSession = (options.engine ?? 'session') === 'session' && canUseSessions(library, invoker, log);
  return new Engine({
    clock,
    ids: isVirtual ? countedIds(journal?.recovered.idCounter) : randomIds(),
    guards,
    invoker,
    functions: app.core.functions,
    runner: useSession && library ? new SessionRunner(library, invoker, guards) : faithful,
    auditor: useSession ? faithful : undefined,
    auditEvery: options.auditEvery ?? 0,
    library,
    store: journal,
    activitiesMax: settings.activitiesMax,
    inOrder: isVirtual,
    fullMessages: !useSession,
    defaultVersion: settings.defaultVersion,
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

interface Parts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly guards: Guards;
  readonly handler: HttpHandler;
  readonly app: LoadedApp;
  readonly baseUrl: string;
  readonly undo: Undo;
}

function createHost({ engine, clock, guards, handler, app, baseUrl, undo }: Parts): Host {
  let closed: Promise<void> | undefined;
  return {
    baseUrl,
    stats: engine.stats,
    findings: guards.findings,
    nowUtc: () => new Date(clock.nowMs()).toISOString(),
    nowMs: () => clock.nowMs(),
    request: async (method, path, body, headers = {}) => {
      const origin = baseUrl === '' ? 'http://127.0.0.1' : baseUrl;
      const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
      const isJson = body !== undefined && typeof body !== 'string';
      const url = new URL(path, origin);
      const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
      const all = {
        host: url.host,
        ...(isJson && { 'content-type': 'application/json' }),
        ...Object.fromEntries(given),
      };
      return readable(await handler({ method, url, headers: all, body: Buffer.from(text) }));
    },
    runUntil: (utc) => runVirtualUntil(engine, clock, utc),
    sleepUntil: async (utc) => {
      await engine.settle();
      clock.jump(Date.parse(utc));
    },
    idle: () => engine.settle(),
    instance: (id) => view(engine, id),
    appModule: (path) => app.require(path) as unknown,
    close: () => (closed ??= undoAll(undo)),
  };
}

function readable(answer: Answer): { status: number; headers: Record<string, string>; body: unknown } {
  const text = answer.body.toString();
  const isJson = (answer.headers['content-type'] ?? '').includes('json');
  return {
    status: answer.status,
    headers: { ...answer.headers },
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}

function view(engine: Engine, id: string): InstanceView | undefined {
  const instance = engine.instances.get(id);
  if (!instance) return undefined;
  return {
    ...statusOf(instance, true),
    version: instance.version,
    parentInstanceId: instance.parent?.instanceId ?? null,
    history: historyOf(instance, true),
  };
}

/** The app reads time through its own copy of luxon, which may be another than ours. Returns the undo. */
function replaceLuxonClock(appDir: string, clock: Clock): () => void {
  let luxon: { Settings: { now: () => number } };
  try {
    luxon = createRequire(join(appDir, 'package.json'))('luxon') as typeof luxon;
  } catch {
    return () => undefined;
  }
  const before = luxon.Settings.now;
  luxon.Settings.now = () => clock.nowMs();
  return () => {
    luxon.Settings.now = before;
  };
}

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { admin } from './admin';
import { callerOf, type Caller } from './functionCaller';
import { catchClientCalls, durableClientInput, extraInputsOf, rpcOriginOfHost } from './clientBinding';
import { createClock, type Clock } from './clock';
import type { CoreApi, RegisteredFunction } from './coreApi';
import { createEngine, type Tools } from './createEngine';
import type { Engine } from './engine/engine';
import { resume } from './engine/resume';
import { watchAppRoot } from './appRoot';
import { Guards } from './guards';
import type { Host, HostOptions, InstanceView } from './hostOptions';
import { httpFunctions } from './httpFunctions';
import { createHubTables, reserveHubTables } from './hubTables';
import { json, type Answer, type HttpHandler } from './http';
import { Invoker } from './invoke';
import { Journal } from './journal';
import { loadApp, type LoadedApp } from './loadApp';
import { driveClock, runVirtualUntil, untilQuiet } from './pace';
import { createRouter } from './routes';
import { isFromHere } from './sameSite';
import { listen, urlOf } from './server';
import { readSettings, type AppSettings } from './settings';
import { historyOf, statusViewOf } from './statusView';
import { TimerTriggers } from './timers';
import { Webhooks } from './webhooks';
import { workerControl, type WorkerControl } from './workerControl';

export type { ClockOptions } from './clock';
export { CrashHost, type PersistPoint } from './engine/persistPoints';
export type { Transit } from './engine/transit';
export type { Host, HostOptions } from './hostOptions';

/** What starting has done, to be undone in reverse, at the end or when starting fails half way. */
type Undo = (() => unknown)[];

/** Those of this process that are not closed, with what closes each. */
const open = new Set<Undo>();

export async function startHost(options: HostOptions): Promise<Host> {
  const undo: Undo = [];
  open.add(undo);
  undo.push(() => open.delete(undo));
  try {
    return await start(options, undo);
  } catch (error) {
    await undoAll(undo);
    throw error;
  }
}

/** Closes every host of this process that is open, and that is starting, whoever has it: after a test that ran out of time. */
export async function closeHosts(): Promise<void> {
  for (const undo of [...open]) await undoAll(undo);
}

async function undoAll(undo: Undo): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop()) await step();
}

async function start(options: HostOptions, undo: Undo): Promise<Host> {
  const log = options.log ?? ((): void => undefined);
  const settings = readSettings(resolve(options.appDir), { ...process.env, ...options.environment });
  const journal = await openJournal(options, log);
  if (journal) undo.push(() => journal.close());
  const clock = createClock(options.clock, journal?.recovered.nowMs);
  undo.push(replaceLuxonClock(settings.appDir, clock));
  const environment = {
    WEBSITE_HOSTNAME: '127.0.0.1',
    AzureWebJobsScriptRoot: settings.appDir,
    ...settings.values,
    ...options.environment,
  };
  const logOfApp: CoreApi['log'] = (level, category, message) => {
    log(category === 'user' ? `${level}: ${message}` : `${level}: [${category}] ${message}`);
  };
  const guards = new Guards(options.strict ?? false, log);
  refuseUnknownMembers(guards, settings);
  const app = await loadApp(settings, environment, logOfApp, options.keepApp);
  undo.push(app.unload);
  await keepHubTables(app, settings, environment, guards, log, undo);
  undo.push(watchAppRoot(settings.appDir, log));
  options.prepare?.((path) => app.require(path) as unknown);
  const newInvoker = (core: CoreApi): Invoker =>
    new Invoker(
      core,
      (level, _category, message) => {
        log(`${level}: ${message}`);
      },
      clock.kind === 'virtual' ? undefined : settings.functionTimeoutMs,
    );
  const invoker = newInvoker(app.core);
  const origin = { url: 'http://127.0.0.1', rpc: rpcOriginOfHost() };
  const extraInputs = extraInputsAt(origin, settings.hubName);
  const tools = { guards, invoker, extraInputs, log, unserved: options.unserved };
  const engine = createEngine(options, settings, clock, app, journal, tools);
  if (journal) {
    undo.push(async () => {
      if (!engine.brokenBy) await journal.end();
    });
    resume(engine, journal.recovered);
  }
  const caller = callerOf(engine.options.workers);
  const timers = createTimers(engine, caller, app, journal, tools);
  const handler = createHandler(engine, caller, clock, app, settings, timers, origin, tools, undo);
  if (options.port !== undefined) origin.url = await serve(options.port, options, handler, undo);
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
    workers: workerControl(engine, settings, newInvoker, logOfApp, options.engine === 'faithful'),
    undo,
  });
}

/** Answers with its base URL. */
async function serve(
  port: number,
  { https = false, alsoServes }: HostOptions,
  handler: ReturnType<typeof createHandler>,
  undo: Undo,
): Promise<string> {
  const server = await listen(port, https, (exchange) => alsoServes?.(exchange) ?? handler(exchange));
  undo.push(() => server.close());
  process.env['WEBSITE_HOSTNAME'] = server.baseUrl.replace(/^https?:\/\//, '');
  return server.baseUrl;
}

async function keepHubTables(
  app: LoadedApp,
  { appDir, hubName }: AppSettings,
  environment: Readonly<Record<string, string>>,
  guards: Guards,
  log: (line: string) => void,
  undo: Undo,
): Promise<void> {
  if (![...app.core.functions.values()].some((fn) => fn.trigger.type === 'orchestrationTrigger')) return;
  await createHubTables(appDir, hubName, environment['AzureWebJobsStorage'], guards, log);
  undo.push(reserveHubTables(appDir, hubName, guards));
}

/** The real host ignores what it does not know, and the setting that was meant has no effect. */
function refuseUnknownMembers(guards: Guards, { unknownMembers }: AppSettings): void {
  for (const member of unknownMembers)
    guards.refuse({
      code: 'host-json',
      subject: member,
      what: 'host.json has this member, which neither the host nor the durable extension reads.',
      why: 'The real host ignores it silently.',
      fix: 'Check its spelling and its place; docs/host.md says where the names are documented.',
    });
}

async function openJournal(
  { store, clock }: HostOptions,
  log: (line: string) => void,
): Promise<Journal | undefined> {
  if (store.kind === 'memory') return undefined;
  // Of what runs on a virtual clock nothing has happened: a power cut may take the end of it.
  const journal = await Journal.open(resolve(store.path), clock.kind === 'virtual' ? 'process' : 'powerCut');
  const { instances, tornBytes } = journal.recovered;
  if (instances.size > 0) log(`information: the journal brought back ${instances.size} instance(s)`);
  if (tornBytes > 0)
    log(`warning: ${tornBytes} bytes at the end of the journal were no whole commit, and are dropped`);
  return journal;
}

/** What functions get beside their trigger: made once for each, until the host has another address. */
function extraInputsAt(
  origin: { readonly url: string; readonly rpc: string },
  hubName: string,
): Tools['extraInputs'] {
  let made = new Map<RegisteredFunction, Record<string, { json: string }>>();
  let url = '';
  return (fn) => {
    if (origin.url !== url) made = new Map();
    url = origin.url;
    const known = made.get(fn);
    if (known !== undefined) return known;
    const extra = extraInputsOf(fn, durableClientInput(origin.url, origin.rpc, hubName));
    made.set(fn, extra);
    return extra;
  };
}

function createTimers(
  engine: Engine,
  caller: Caller,
  app: LoadedApp,
  journal: Journal | undefined,
  tools: Tools,
): TimerTriggers {
  const timerFunctions = [...app.core.functions.values()].filter((fn) => fn.trigger.type === 'timerTrigger');
  const { extraInputs, log } = tools;
  const timers = new TimerTriggers(
    engine,
    caller,
    timerFunctions,
    extraInputs,
    log,
    journal?.recovered.timers,
  );
  if (journal) journal.timers = timers.lastMs;
  return timers;
}

/** A request is for the durable extension, the host's admin API, or a function of the app. */
function createHandler(
  engine: Engine,
  caller: Caller,
  clock: Clock,
  app: LoadedApp,
  settings: AppSettings,
  timers: TimerTriggers,
  origin: { readonly url: string; readonly rpc: string },
  { extraInputs, log, unserved }: Tools,
  undo: Undo,
): HttpHandler {
  const { functions } = app.core;
  const webhooks = new Webhooks(engine, settings.hubName, () => origin.url);
  const router = createRouter(functions.values(), settings.routePrefix);
  const appFunctions = httpFunctions(router, caller, extraInputs, log, unserved);
  const adminApi = admin(functions, timers, settings, () => origin.url);
  const ownOf = (path: string): HttpHandler | undefined => webhooks.handler(path) ?? adminApi(path);
  const route: HttpHandler = (exchange) => {
    const own = ownOf(exchange.url.pathname);
    if (own) return own(exchange);
    engine.stats.requests += 1;
    return appFunctions(exchange);
  };
  if ([...functions.values()].some((fn) => fn.trigger.type === 'orchestrationTrigger')) {
    undo.push(catchClientCalls(settings.appDir, origin.rpc, route));
  }
  // Under the virtual clock a request is work under way: time must not move on before it is answered.
  const inTime: HttpHandler =
    clock.kind === 'virtual' ? (exchange) => engine.during(() => route(exchange)) : route;
  // The app's functions admit their callers themselves; the host's own answers ask for no key.
  return (exchange) =>
    isFromHere(exchange) || !ownOf(exchange.url.pathname)
      ? inTime(exchange)
      : Promise.resolve(json(403, ANOTHER_SITE));
}

const ANOTHER_SITE = {
  Message:
    'The request comes from a page of another site, or for a name that is not of this machine. The emulator checks no keys, so it refuses both. ' +
    'Ask http://127.0.0.1 or http://localhost, from a tool or a page of this host.',
};

interface Parts {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly guards: Guards;
  readonly handler: HttpHandler;
  readonly app: LoadedApp;
  readonly baseUrl: string;
  readonly workers: WorkerControl;
  readonly undo: Undo;
}

function createHost(parts: Parts): Host {
  const { engine, clock, guards, handler, app, baseUrl, workers, undo } = parts;
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
      const url = urlOf(path, origin);
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
      await untilQuiet(engine);
      clock.jump(Date.parse(utc));
    },
    idle: () => engine.untilIdle(),
    instance: (id) => view(engine, id),
    appModule: (path) => app.require(path) as unknown,
    addWorker: (name) => workers.add(name),
    killWorker: (name) => {
      engine.killWorker(name);
    },
    workers: () => workers.list(),
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
    ...statusViewOf(instance, true),
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

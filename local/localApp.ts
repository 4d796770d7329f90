import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LowtideError } from '../domain/lowtideError';
import { loadScenario, scenarioPath } from '../drivers/simulated/scenario';
import { startHost, type ClockOptions, type Host } from '../emulator/host';
import { startAzurite, type Azurite } from './azurite';
import { checkRoom, watchRoom, type FreeBytes } from './diskSpace';
import { openLog, type LogFile } from './logFile';
import { PACKAGE_ROOT } from './packageRoot';
import { checkPortFree } from './portInUse';
import { readText } from './readText';
import { Rehearsals } from './rehearsals';
import { say } from './say';
import { takeStateFolder } from './stateFolder';
import { answerUnserved } from './unserved';
import { firstLine, wrapLogLine } from './wrap';
import { isDiskFull } from './writeOutput';

export interface LocalAppOptions {
  /** Everything it keeps is in this folder. */
  readonly folder: string;
  /** Begin with an empty folder. */
  readonly fresh: boolean;
  readonly clock: ClockOptions;
  readonly port: number;
  readonly https?: boolean;
  /** The settings of the app; where everything is kept is decided here all the same. */
  readonly settings: Readonly<Record<string, string>>;
  /** Everything the host and the app write to their log is shown on the terminal, too. */
  readonly verbose?: boolean | undefined;
  /** Of the disk; for tests. */
  readonly free?: FreeBytes;
}

/** Lowtide itself, with the simulated Azure, on this machine. */
export interface LocalApp {
  readonly host: Host;
  /** The same app goes on from where it is, under another clock. */
  withClock(clock: ClockOptions): Promise<Host>;
}

/** Interrupted by a person, or ended with what `work` came to. */
export type Ended<T> = { readonly kind: 'interrupted' } | { readonly kind: 'done'; readonly value: T };

/** How long the host may take to stop before what it leans on is stopped all the same. */
const STOP_HOST_MS = 1_500;
const LOOK_EVERY_MS = 1_000;

type Step = () => Promise<unknown> | undefined;

/**
 * Starts Azurite and the app in the emulator, and does the work with them. However that ends, by itself, by an error, by the signal at any
 * moment, by a full disk or a storage that died, nothing is left running and the folder is free for the next one.
 */
export async function withLocalApp<T>(
  options: LocalAppOptions,
  signal: AbortSignal,
  work: (app: LocalApp) => Promise<T>,
): Promise<Ended<T>> {
  await checkPortFree(options.port);
  const undo: Step[] = [];
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  try {
    const app = await start(options, stop, undo, (error) => {
      failure.abort(error);
    });
    return { kind: 'done', value: await unlessAborted(work(app), stop) };
  } catch (error) {
    if (failure.signal.aborted) throw failure.signal.reason;
    if (!signal.aborted) throw isUnexplained(error) ? hostStopped(error) : error;
    if (signal.reason instanceof LowtideError) throw signal.reason;
    return { kind: 'interrupted' };
  } finally {
    for (let step = undo.pop(); step; step = undo.pop())
      await Promise.resolve()
        .then(step)
        .catch(() => undefined); // what cannot be undone does not keep the rest
  }
}

async function start(
  options: LocalAppOptions,
  stop: AbortSignal,
  undo: Step[],
  failed: (error: unknown) => void,
): Promise<LocalApp> {
  const folder = takeStateFolder(options.folder, options);
  undo.push(() => {
    folder.release();
    return undefined;
  });
  await checkRoom(folder.path, options.free);
  const log = openLog(join(folder.path, 'lowtide.log'));
  undo.push(() => log.close());
  const unwatch = watchRoom(folder.path, failed, options.free);
  undo.push(() => {
    unwatch();
    return undefined;
  });
  const azurite = await startAzurite({ ...placeOf(options, folder.path), signal: stop });
  undo.push(() => azurite.stop());
  failWhenItEnds(azurite, stop, failed);
  const rehearsals = new Rehearsals();
  undo.push(() => {
    rehearsals.stop();
    return undefined;
  });
  let host = await hostApp(options, azurite.connectionString, log, rehearsals);
  undo.push(() => withinMs(host.close(), STOP_HOST_MS));
  await unlessAborted(checkItAnswers(host), stop);
  const unwatchHost = watchHost(() => host, failed);
  undo.push(() => {
    unwatchHost();
    return undefined;
  });
  return {
    get host() {
      return host;
    },
    withClock: async (clock) => {
      // It keeps its address, also when the port was any free one.
      const port = Number(new URL(host.baseUrl).port);
      await host.close();
      host = await hostApp({ ...options, clock, port }, azurite.connectionString, log, rehearsals);
      return host;
    },
  };
}

/** A month on the virtual clock begins again each time: its tables are kept in memory, as Azurite would write all of them to disk every 5 s. */
function placeOf({ clock }: LocalAppOptions, folder: string): { readonly location?: string } {
  return clock.kind === 'virtual' ? {} : { location: join(folder, 'azurite') };
}

function hostApp(
  options: LocalAppOptions,
  connectionString: string,
  log: LogFile,
  rehearsals: Rehearsals,
): Promise<Host> {
  const { folder, clock, port, https, settings, verbose = false } = options;
  return startHost({
    appDir: PACKAGE_ROOT,
    clock,
    store: { kind: 'journal', path: join(folder, 'orchestrations.journal') },
    engine: 'session',
    strict: true,
    port,
    https: https === true,
    alsoServes: rehearsals.serve,
    unserved: answerUnserved,
    environment: {
      ...settings,
      AzureWebJobsStorage: connectionString,
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'tables',
      LOWTIDE_STATE_DIR: join(folder, 'simulated-azure'),
    },
    log: (line) => {
      log.write(line);
      if (verbose) say.error(line);
      else if (/^(error|warning|critical)/i.test(line)) say.error(wrapLogLine(firstLine(line)));
    },
  });
}

/** Settings are read when the app is first asked for something: better now than in the middle of the month. */
async function checkItAnswers(host: Host): Promise<void> {
  const { status, body } = await host.request('GET', '/api/rollouts');
  if (status === 200) return;
  const { title = `It answered ${status}.`, detail = JSON.stringify(body) } = body as Record<string, string>;
  throw new LowtideError('SETTING_INVALID', {
    what: title,
    why: 'The app was started, but does not work with its settings.',
    fix: detail,
  });
}

function failWhenItEnds(azurite: Azurite, stop: AbortSignal, failed: (error: unknown) => void): void {
  void azurite.ended.then((why) => {
    if (stop.aborted) return;
    const what = 'Azurite, which keeps the tables of the app, has ended.';
    failed(
      new LowtideError('STORAGE_UNAVAILABLE', {
        what,
        why,
        fix: 'Start again; the log file has the details.',
      }),
    );
  });
}

/** A host that could not keep what it did, on a full disk, stands still: that is found out, and is not waited for. */
function watchHost(hostNow: () => Host, failed: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    hostNow()
      .idle()
      .catch((cause: unknown) => {
        failed(hostStopped(cause));
      });
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** A full disk that reached us as it was; an error of ours already says what could not be written. */
function isUnexplained(error: unknown): boolean {
  return !(error instanceof LowtideError) && isDiskFull(error);
}

function hostStopped(cause: unknown): LowtideError {
  const full = isDiskFull(cause);
  return new LowtideError(
    'STORAGE_UNAVAILABLE',
    {
      what: 'The host stopped: it could not save its work.',
      why: full ? 'The disk of its state folder is full.' : String(cause),
      fix: full
        ? 'Free space on that disk, or give a folder on another disk with --state.'
        : 'Start again; the log file has the details.',
    },
    { cause },
  );
}

/** What the work comes to, or the reason of the signal as soon as it is aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined); // after the signal its end is of no interest
  const aborted = new Promise<never>((_resolve, reject) => {
    const give = (): void => {
      reject(new Error('aborted', { cause: signal.reason }));
    };
    if (signal.aborted) give();
    signal.addEventListener('abort', give);
  });
  return Promise.race([work, aborted]);
}

async function withinMs(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

/** The path of a scenario that exists and is well formed. */
export function checkedScenario(nameOrPath: string): string {
  const path = scenarioPath(nameOrPath);
  const shipped = path !== nameOrPath;
  const file = shipped ? join(PACKAGE_ROOT, path) : resolve(path);
  if (shipped && !existsSync(file)) throw noSuchScenario(nameOrPath, dirname(file));
  loadScenario(readText(file), file);
  return file;
}

function noSuchScenario(name: string, folder: string): LowtideError {
  const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
  return new LowtideError('ARGUMENT_INVALID', {
    what: `There is no scenario '${name}'.`,
    why: `fleets/scenarios/ has ${names.sort().join(', ')}.`,
    fix: 'Name one of these, or a scenario file by its path.',
  });
}

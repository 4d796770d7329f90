import type { ClockOptions } from './clock';
import type { Stats } from './engine/core';
import type { PersistPoint } from './engine/persistPoints';
import type { EngineObserver } from './engine/observer';
import type { Transit } from './engine/transit';
import type { Finding } from './guards';
import type { Answer, Exchange } from './http';
import type { StatusView } from './statusView';

export interface HostOptions {
  /** Folder with package.json, host.json and perhaps local.settings.json. */
  readonly appDir: string;
  readonly clock: ClockOptions;
  readonly store: { readonly kind: 'memory' } | { readonly kind: 'journal'; readonly path: string };
  /**
   * `faithful` replays every episode through JSON as the real host does, fires timers up to a second early, and after a crash hides what was
   * in flight for the visibility timeouts of host.json. `session` (default) keeps generators alive and is as quick and exact as can be.
   */
  readonly engine?: 'faithful' | 'session';
  /** Whether durable timers fire up to a second early, as on the real host. Default: in faithful mode. */
  readonly earlyTimers?: boolean;
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
  /** Asked before everything else whether it answers a request itself; undefined where it does not. No request of the app, and no work of its clock. */
  readonly alsoServes?: (exchange: Exchange) => Promise<Answer> | undefined;
  /** What a path answers for which there is no function, which on the real host is an empty 404. */
  readonly unserved?: (exchange: Exchange) => Answer;
  /** Default true: fire timer-triggered functions. */
  readonly timers?: boolean;
  /**
   * Whether finished sub-orchestrations keep their history. Default: all stores and clocks but the virtual clock with
   * the memory store, where a month leaves hundreds of thousands of them.
   */
  readonly keepChildHistory?: boolean;
  /**
   * For fault tests, with a journal: called at every step that the real host persists; throwing a CrashHost makes this
   * host die there, and the next one on the same journal finds what the real one would have left.
   */
  readonly onPersist?: (point: PersistPoint) => void;
  /** For fault tests: messages that come late, and workers that hang. */
  readonly transit?: Transit;
  /** Made with the host's clock, and observes the engine's work: see storageModel. */
  readonly observe?: (nowMs: () => number) => EngineObserver;
  /**
   * The app stays loaded for the next host in this process that wants it so: for thousands of short runs. What it has in memory stays,
   * too; forgetting it is up to `prepare`.
   */
  readonly keepApp?: boolean;
  /** Called with the app's own modules when they are loaded, before anything of the app runs: for tests that set fault hooks. */
  readonly prepare?: (appModule: (path: string) => unknown) => void;
}

export interface InstanceView extends StatusView {
  readonly version: string | null;
  readonly parentInstanceId: string | null;
  readonly history: readonly Record<string, unknown>[];
}

export interface WorkerView {
  readonly name: string;
  readonly alive: boolean;
  /** Partitions of the hub whose instances and entities it runs. */
  readonly partitions: readonly number[];
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
  /** A module of the app as the app's own code sees it, for tests that look into the simulated Azure. */
  appModule(path: string): unknown;
  /**
   * Another worker joins the hub, as a second host of the same app would: a copy of the app with module state of its own, which finds its name
   * in WEBSITE_INSTANCE_ID. It takes its part of the partitions at once. Faithful mode only.
   */
  addWorker(name: string): Promise<void>;
  /** A worker dies as by `kill -9`; the first one is called `worker-1`. An orchestrator or entity function under way is finished first. */
  killWorker(name: string): void;
  workers(): readonly WorkerView[];
  close(): Promise<void>;
}

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { AuditFreeze, AuditTrailRow } from '../audit/auditInput';
import type { AuditReport } from '../audit/auditReport';
import { Month, rolloutIdOf } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import type { Policy } from '../domain/policy';
import { releaseOf } from '../domain/release';
import type * as Composition from '../composition/compose';
import type { FaultHooks } from '../composition/faultHooks';
import type { Store } from '../store/store';
import type { DriverEvent } from '../drivers/driver';
import type { ParsedFleet } from '../drivers/fleet/parseFleet';
import { scenarioPath } from '../drivers/simulated/scenario';
import { startHost, type Host, type HostOptions } from '../emulator/host';
import { readAppSettings, type AppSettings } from './appSettings';
import { auditEvents } from './auditEvents';
import { asOnAzure, azureMonth, type AzureMonth, type AzureReport, type AzureWire } from './azureMonth';
import { eventsOf, givenVmCount, loadedFleet } from './driverEvents';
import { boundHeap } from './heapGrowth';
import { onceEach } from './onceEach';
import { PACKAGE_ROOT } from './packageRoot';
import {
  auditRollouts,
  freezesOf,
  deletedOf,
  outcomesOf,
  rolloutsOf,
  trailOf,
  type ReportedOutcome,
  type ReportedRollout,
} from './reportedRollouts';
import { say } from './say';
import { firstLine, wrapLogLine } from './wrap';
import { DAY_MS } from '../domain/timeUnits';

export interface SimulationOptions {
  readonly fleet: string;
  readonly seed: number;
  readonly month: string;
  readonly scenario?: string | undefined;
  /** Those of local.settings.json and the environment, unless given. */
  readonly settings?: AppSettings;
  /** Replays every Kth episode from JSON as the real host does, and compares; 0 = never. */
  readonly auditEvery?: number;
  readonly engine?: 'faithful' | 'session';
  readonly onProgress?: (virtualDay: number) => void;
  /** `azure`: the app has the Azure driver, which talks to a simulated Azure over HTTP. */
  readonly driver?: 'simulated' | 'azure';
  /** With `azure`: puts something between the driver and the simulated Azure. */
  readonly wire?: AzureWire;
  /** Puts something between the app and its tables. */
  readonly store?: (made: Store) => Store;
  /** Hears of what the engine of the host does. */
  readonly observe?: HostOptions['observe'];
  /** So many days from the release; the whole month unless said otherwise. */
  readonly days?: number;
  /** The app stays loaded, and warm, for the next month in this process that wants it so. */
  readonly keepApp?: boolean;
}

/** What a month came to. Counts are of VMs; instants are ISO 8601 in UTC. */
export interface SimulationReport {
  readonly rolloutId: string;
  readonly vmCount: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly phases: readonly {
    readonly phase: string;
    readonly regions: readonly string[];
    readonly startedUtc: string | null;
    readonly endedUtc: string | null;
    readonly gate: { readonly kind: string; readonly why: string } | null;
  }[];
  readonly state: string;
  readonly halts: readonly { readonly haltId: string; readonly why: string; readonly atUtc: string }[];
  /** Every rollout there was, as it reports itself. */
  readonly rollouts: readonly ReportedRollout[];
  /** How each VM stands in this one. */
  readonly virtualMachines: readonly ReportedOutcome[];
  readonly virtualDays: number;
  readonly wallSeconds: number;
  readonly durableSteps: number;
  readonly violations: AuditReport['violations'];
  /** SHA-256 of the events, one JSON line each: what `--events` writes. */
  readonly traceHash: string;
  readonly eventCount: number;
  readonly audit: AuditReport;
  /** Only of a month with the Azure driver. */
  readonly azure?: AzureReport;
}

/** a rollout's patches are installed within so many days; so long a month is simulated. */
const DAYS = 30;

/** What a month leaves behind beside its report. */
export interface SimulationFiles {
  /** The driver's own log, one JSON line an event. */
  readonly events?: (lines: Iterable<string>) => void;
  /** The audit of every rollout, one JSON line a row. */
  readonly audit?: (lines: Iterable<string>) => void;
}

/** Rehearses one month on the virtual clock: the whole app, hosted by the emulator, over the simulated driver. */
export async function simulateMonth(
  options: SimulationOptions,
  files: SimulationFiles = {},
): Promise<SimulationReport> {
  const started = performance.now();
  const azure = options.driver === 'azure' ? await azureMonth(options) : null;
  try {
    const { rollout, fleet, log, evidence, policy, platformEvents, ...lived } = await liveThrough(
      options,
      azure,
      { whole: files.audit !== undefined },
    );
    const { vms, instances } = fleet;
    const trace = new Trace();
    // What is read once need not be kept: the log of a large fleet is as large as the app was.
    const events = files.events === undefined && azure === null ? log : [...log];
    files.events?.(jsonLines(events));
    files.audit?.(jsonLines(evidence.trail));
    const facts = { vms: azure === null ? vms : vms.map(asOnAzure), instances };
    const judge = (of: Iterable<DriverEvent>, by: Policy): AuditReport =>
      auditEvents(of, facts, by, { ...evidence, ...auditRollouts(evidence.rollouts) });
    // The driver does not see when a VM runs, so that it cannot say which one could have been assessed: the platform's log says (INV-16).
    const audit = judge(
      trace.of(events),
      azure === null ? policy : { ...policy, assessmentEverySeconds: Infinity },
    );
    const compared = azure?.compare([...events], platformEvents, (of) => judge(of, policy));
    return {
      ...rollout,
      ...lived,
      rollouts: evidence.rollouts,
      virtualMachines: evidence.outcomes,
      wallSeconds: Math.round((performance.now() - started) / 10) / 100,
      violations: [...audit.violations, ...(compared?.platformAudit.violations ?? [])],
      traceHash: trace.hash(),
      eventCount: audit.eventCount,
      audit,
      ...(compared !== undefined && { azure: compared }),
    };
  } finally {
    await azure?.close();
  }
}

/** What a month leaves to be judged by. */
interface LivedMonth extends Pick<SimulationReport, 'virtualDays' | 'durableSteps'> {
  readonly rollout: RolloutView;
  readonly policy: Policy;
  readonly fleet: Pick<ParsedFleet, 'vms' | 'instances'>;
  /** The driver's own. */
  readonly log: Iterable<DriverEvent>;
  /** The log of the simulated Azure behind the driver of Azure. */
  readonly platformEvents: readonly DriverEvent[];
  readonly evidence: {
    readonly untilUtc: string;
    readonly rollouts: readonly ReportedRollout[];
    readonly outcomes: readonly ReportedOutcome[];
    readonly trail: readonly AuditTrailRow[];
    readonly freezes: readonly AuditFreeze[];
    readonly changedByOwner: readonly string[];
  };
}

/**
 * So that an answer stays under 128 KB: V8 keeps a longer text apart from others until it collects its whole heap. Of 100,000 VMs that was half a gigabyte, while the
 * app is in memory.
 */
const ROWS_A_PAGE = 64;

/** Hosts the app for the days asked for, and asks it for all that the audit wants. */
async function liveThrough(
  options: SimulationOptions,
  azure: AzureMonth | null,
  trail: { readonly whole: boolean },
): Promise<LivedMonth> {
  const month = monthOf(options.month);
  const releasedUtc = releaseOf(month);
  const virtualDays = options.days ?? DAYS;
  const afterDays = (days: number): string => new Date(Date.parse(releasedUtc) + days * DAY_MS).toISOString();
  const untilUtc = afterDays(virtualDays);
  const { values, settings } = options.settings ?? readAppSettings();
  const { policy } = settings;
  const environment = azure?.environment ?? simulatedEnvironment(options);
  const host = await hostOf(options, { ...values, ...environment }, releasedUtc);
  let unbound: ReturnType<typeof boundHeap> | undefined;
  try {
    unbound = boundHeap(azure?.fleet.vms.length ?? (await givenVmCount(host)));
    azure?.open(host, policy);
    for (let day = 1; day <= virtualDays; day += 1) {
      await host.runUntil(afterDays(day));
      options.onProgress?.(day);
    }
    const fleet = azure?.fleet ?? (await loadedFleet(host));
    const rollout = await readRollout(host, rolloutIdOf(month));
    const rollouts = await rolloutsOf(host);
    const reading = { rowsAPage: ROWS_A_PAGE, ids: new Map(fleet.vms.map(({ id }) => [id, id])) };
    const evidence = {
      untilUtc,
      rollouts,
      outcomes: await outcomesOf(host, rollout.rolloutId, reading),
      trail: await trailOf(host, rollouts, { ...trail, ...reading }),
      freezes: await freezesOf(host),
      changedByOwner: azure === null ? await deletedOf(host, fleet.vms) : [],
    };
    const log = (await azure?.driverEvents(host, releasedUtc, untilUtc)) ?? (await eventsOf(host, untilUtc));
    const platformEvents = azure?.platformEvents(untilUtc) ?? [];
    const { durableSteps } = host.stats;
    return { rollout, policy, fleet, log, platformEvents, evidence, virtualDays, durableSteps };
  } finally {
    unbound?.();
    await host.close();
    composition(host).forgetServices();
  }
}

function hostOf(
  options: SimulationOptions,
  environment: Readonly<Record<string, string>>,
  releasedUtc: string,
): Promise<Host> {
  return startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc: releasedUtc },
    store: { kind: 'memory' },
    engine: options.engine ?? 'session',
    auditEvery: options.auditEvery ?? 0,
    strict: true,
    keepApp: options.keepApp ?? false,
    ...(options.observe !== undefined && { observe: options.observe }),
    prepare: (appModule) => {
      composition({ appModule }).forgetServices();
      const { faultHooks } = appModule('./dist/composition/faultHooks') as { faultHooks: FaultHooks };
      if (options.store !== undefined) faultHooks.store = options.store;
    },
    environment: {
      ...environment,
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_SEED: String(options.seed),
    },
    log: onceEach((line) => {
      if (/^(error|warn)/i.test(line)) say.error(wrapLogLine(/^warn/i.test(line) ? firstLine(line) : line)); // the facts of a warning are in its audit
    }),
  });
}

/** Of the app that the host has loaded. */
const composition = (host: Pick<Host, 'appModule'>): typeof Composition =>
  host.appModule('./dist/composition/compose') as typeof Composition;

function simulatedEnvironment({ fleet, scenario }: SimulationOptions): Record<string, string> {
  return {
    LOWTIDE_DRIVER: 'simulated',
    LOWTIDE_FLEET: resolve(fleet),
    LOWTIDE_SCENARIO: scenario === undefined ? '' : scenarioPath(scenario),
  };
}

type RolloutView = Pick<
  SimulationReport,
  'rolloutId' | 'vmCount' | 'outcomes' | 'reasons' | 'phases' | 'halts' | 'state'
>;

async function readRollout(host: Host, id: string): Promise<RolloutView> {
  const { status, body } = await host.request('GET', `/api/rollouts/${id}`);
  if (status !== 200) throw new Error(`GET /api/rollouts/${id} answered ${status}: ${JSON.stringify(body)}`);
  const { vmCount, outcomes, reasons, phases, halts, state } = body as RolloutView;
  return { rolloutId: id, vmCount, outcomes, reasons, phases, halts, state };
}

/** Events: each call of the hash costs more than to hash one. */
const HASHED_TOGETHER = 200;

/** Hashes events while another reads them. */
class Trace {
  readonly #hash = createHash('sha256');
  #lines: string[] = [];

  *of(events: Iterable<DriverEvent>): Generator<DriverEvent, void, undefined> {
    for (const event of events) {
      this.#lines.push(jsonLine(event));
      if (this.#lines.length === HASHED_TOGETHER) this.#flush();
      yield event;
    }
    this.#flush();
  }

  /** Of all that was read: SHA-256, in hexadecimal. */
  hash(): string {
    return this.#hash.digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#lines.join(''));
    this.#lines = [];
  }
}

function* jsonLines(rows: Iterable<DriverEvent | AuditTrailRow>): Iterable<string> {
  for (const row of rows) yield jsonLine(row);
}

const jsonLine = (row: DriverEvent | AuditTrailRow): string => `${JSON.stringify(row)}\n`;

function monthOf(text: string): Month {
  const parsed = Month.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `'${text}' is not a month.`,
    why: 'A month is written YYYY-MM.',
    fix: 'For example: --month 2026-11.',
  });
}

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { auditVmOf, type AuditOutcome, type AuditPhase } from '../audit/auditInput';
import { auditMonth } from '../audit/auditMonth';
import type { AuditReport } from '../audit/auditReport';
import { renderCertificate } from '../audit/certificate';
import { defaultPolicy } from '../domain/policy';
import { Month, rolloutIdOf } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { releaseOf } from '../domain/release';
import type { DriverEvent } from '../drivers/driver';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { scenarioPath } from '../drivers/simulated/scenario';
import type { SimulatedWorld } from '../functions/composition';
import { startHost, type Host } from '../emulator/host';

import { PACKAGE_ROOT } from './packageRoot';
import { say } from './say';

export interface SimulationOptions {
  readonly fleet: string;
  readonly seed: number;
  readonly month: string;
  readonly scenario?: string | undefined;
  /** Replays every Kth episode from JSON as the real host does, and compares; 0 = never. */
  readonly auditEvery?: number;
  readonly engine?: 'faithful' | 'session';
  readonly onProgress?: (virtualDay: number) => void;
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
  readonly halts: readonly { readonly haltId: string; readonly why: string }[];
  readonly virtualDays: number;
  readonly wallSeconds: number;
  readonly durableSteps: number;
  readonly violations: AuditReport['violations'];
  /** SHA-256 of the events, one JSON line each: what `--events` writes. */
  readonly traceHash: string;
  readonly eventCount: number;
  readonly audit: AuditReport;
}

/** a rollout's patches are installed within so many days; so long a month is simulated. */
const DAYS = 30;
const DAY_MS = 86_400_000;

/** Rehearses one month on the virtual clock: the whole app, hosted by the emulator, over the simulated driver. */
export async function simulateMonth(
  options: SimulationOptions,
  onEvents: (lines: Iterable<string>) => void = () => undefined,
): Promise<SimulationReport> {
  const started = performance.now();
  const month = monthOf(options.month);
  const releasedUtc = releaseOf(month);
  const endUtc = new Date(Date.parse(releasedUtc) + DAYS * DAY_MS).toISOString();
  const fleet = parseFleet(readFileSync(options.fleet, 'utf8'), options.fleet);
  const host = await hostOf(options, releasedUtc);
  try {
    for (let day = 1; day <= DAYS; day += 1) {
      await host.runUntil(new Date(Date.parse(releasedUtc) + day * DAY_MS).toISOString());
      options.onProgress?.(day);
    }
    const rollout = await readRollout(host, rolloutIdOf(month));
    const events = await eventsOf(host, endUtc);
    const { hash, count } = hashEvents(events, onEvents);
    const audit = auditMonth({
      events,
      vms: fleet.vms.map(auditVmOf),
      offPeak: { opens: defaultPolicy.offPeakOpens, closes: defaultPolicy.offPeakCloses },
      shares: {
        setSharePercent: defaultPolicy.setSharePercent,
        setOneByOneBelow: defaultPolicy.setOneByOneBelow,
      },
      untilUtc: endUtc,
      phases: await phasesOf(host),
      outcomes: await outcomesOf(host, rollout.rolloutId),
    });
    return {
      ...rollout,
      virtualDays: DAYS,
      wallSeconds: Math.round((performance.now() - started) / 10) / 100,
      durableSteps: host.stats.durableSteps,
      violations: audit.violations,
      traceHash: hash,
      eventCount: count,
      audit,
    };
  } finally {
    await host.close();
  }
}

function hostOf(options: SimulationOptions, releasedUtc: string): Promise<Host> {
  return startHost({
    appDir: PACKAGE_ROOT,
    clock: { kind: 'virtual', startUtc: releasedUtc },
    store: { kind: 'memory' },
    engine: options.engine ?? 'session',
    auditEvery: options.auditEvery ?? 0,
    strict: true,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_FLEET: resolve(options.fleet),
      LOWTIDE_SEED: String(options.seed),
      LOWTIDE_SCENARIO: options.scenario === undefined ? '' : scenarioPath(options.scenario),
    },
    log: (line) => {
      if (/^(error|warn)/i.test(line)) say.error(line);
    },
  });
}

type RolloutView = Omit<
  SimulationReport,
  'virtualDays' | 'wallSeconds' | 'durableSteps' | 'violations' | 'traceHash' | 'eventCount' | 'audit'
>;

async function readRollout(host: Host, id: string): Promise<RolloutView> {
  const { status, body } = await host.request('GET', `/api/rollouts/${id}`);
  if (status !== 200) throw new Error(`GET /api/rollouts/${id} answered ${status}: ${JSON.stringify(body)}`);
  const { vmCount, outcomes, reasons, phases, halts, state } = body as RolloutView;
  return { rolloutId: id, vmCount, outcomes, reasons, phases, halts, state };
}

function auditPhaseOf(
  rolloutId: string,
  { phase, regions, startedUtc, endedUtc, gate }: RolloutView['phases'][number],
): AuditPhase {
  return {
    rolloutId,
    ...{ phase: Number(phase.replace('phase-', '')), regions, startedUtc, endedUtc },
    gateOpenedUtc: gate?.kind === 'open' ? endedUtc : null,
  };
}

/** Phases of every rollout: the next month's may begin before this one's thirty days are over. */
async function phasesOf(host: Host): Promise<AuditPhase[]> {
  const { body } = await host.request('GET', '/api/rollouts');
  const phases: AuditPhase[] = [];
  for (const { id } of (body as { value: { id: string }[] }).value)
    for (const phase of (await readRollout(host, id)).phases) phases.push(auditPhaseOf(id, phase));
  return phases;
}

/** Every VM's outcome, page by page, as an operator would read it. */
async function outcomesOf(host: Host, id: string): Promise<AuditOutcome[]> {
  const outcomes: AuditOutcome[] = [];
  let path: string | undefined = `/api/rollouts/${id}/virtual-machines`;
  while (path !== undefined) {
    const { body } = await host.request('GET', path);
    const page = body as { value: { vmId: string; kind: string; reason: string }[]; nextLink?: string };
    outcomes.push(...page.value.map(({ vmId, kind, reason }) => ({ vm: vmId, kind, reason })));
    path = page.nextLink;
  }
  return outcomes;
}

/** The driver's own log, from the app's own copy of the driver. */
export async function eventsOf(host: Host, untilUtc: string): Promise<readonly DriverEvent[]> {
  const { theWorld } = host.appModule('./dist/functions/composition') as {
    theWorld: () => Promise<SimulatedWorld>;
  };
  const { driver } = await theWorld();
  driver.settle(untilUtc);
  return [...driver.events()];
}

function hashEvents(
  events: readonly DriverEvent[],
  onEvents: (lines: Iterable<string>) => void,
): { hash: string; count: number } {
  const hash = createHash('sha256');
  const lines = function* (): Iterable<string> {
    for (const event of events) yield `${JSON.stringify(event)}\n`;
  };
  for (const line of lines()) hash.update(line);
  onEvents(lines());
  return { hash: hash.digest('hex'), count: events.length };
}

function monthOf(text: string): Month {
  const parsed = Month.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `'${text}' is not a month.`,
    why: 'A month is written YYYY-MM.',
    fix: 'For example: --month 2026-11.',
  });
}

/** `npm run simulate`: returns the exit code. */
export async function runSimulate(
  options: SimulationOptions & { readonly json?: string | undefined; readonly events?: string | undefined },
): Promise<0 | 2> {
  const report = await simulateMonth(options, (lines) => {
    if (options.events !== undefined) writeLines(options.events, lines);
  });
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  say.line(describe(report));
  return report.violations.length === 0 ? 0 : 2;
}

function writeLines(file: string, lines: Iterable<string>): void {
  writeFileSync(file, '');
  let chunk: string[] = [];
  const flush = (): void => {
    writeFileSync(file, chunk.join(''), { flag: 'a' });
    chunk = [];
  };
  for (const line of lines) if (chunk.push(line) >= 10_000) flush();
  flush();
}

function describe(report: SimulationReport): string {
  const rows = Object.entries(report.outcomes)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => {
      const reasons = Object.entries(report.reasons[kind] ?? {}).map(([reason, n]) => `${reason} ${n}`);
      return `  ${kind.padEnd(10)} ${String(count).padStart(6)}   ${reasons.join(', ')}`;
    });
  const phases = report.phases.map(({ phase, regions, startedUtc, endedUtc, gate }) => {
    const from = startedUtc?.slice(0, 16) ?? 'never started   ';
    return `  ${phase}  ${from} … ${endedUtc?.slice(0, 16) ?? ''}  ${regions.join(' ')}\n           ${gate?.why ?? 'not judged'}`;
  });
  const halts = report.halts.map(({ haltId, why }) => `  halted at ${haltId}: ${why}`);
  return [
    `${report.rolloutId}: ${report.vmCount} VMs, ${report.virtualDays} days in ${report.wallSeconds} s, ${report.durableSteps} durable steps`,
    ...['', 'Outcomes', ...rows, '', 'Phases', ...phases, ...halts, ''],
    renderCertificate(report.audit),
  ].join('\n');
}

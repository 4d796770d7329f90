import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet, printGeneratedFleet } from '../../../fleets/generateFleet';
import { defaultPolicy } from '../../../domain/policy';
import { repository, startHost, type Host } from '../../emulator/support/nativeHost';
import { SETS_AT_ONCE_MAX } from '../../../planning/widths';
import { PATCHED_WINDOWS } from '../../support/windowsVm';
import { compact, endOf, scheduledBy, type RecordedHistory, type HistoryEvent, type State } from './history';

const HISTORIES = join(__dirname, '..', 'histories');

/** Enough to have every turn an orchestration takes, few enough to stay under 2 MB for all of them. */
const HISTORIES_MAX = 8;

const STARTS_UTC = '2026-11-10T18:00:00.000Z';
const DAY_MS = 86_400_000;

/** The version that instances get today. */
export function currentVersion(): string {
  const host = JSON.parse(readFileSync(join(repository, 'host.json'), 'utf8')) as {
    extensions: { durableTask: { defaultVersion: string } };
  };
  return host.extensions.durableTask.defaultVersion;
}

export const recordedVersions = (): string[] => readdirSync(HISTORIES).sort();

export function readHistories(version: string): RecordedHistory[] {
  const folder = join(HISTORIES, version);
  return readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordedHistory),
  );
}

/**
 * Runs the months below and writes the histories of every orchestration down, under today's `defaultVersion`. Those of other
 * versions are never touched: they are what instances in flight remember.
 */
export async function recordHistories(): Promise<void> {
  if (process.env['CI'] !== undefined) throw new Error('Histories are recorded by a person, never in CI.');
  const seen: RecordedHistory[] = [];
  for (const month of MONTHS) seen.push(...(await liveThrough(month)));
  const folder = join(HISTORIES, currentVersion());
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of new Set(seen.map((each) => each.name))) {
    const chosen = mostInstructive(seen.filter((each) => each.name === name));
    writeFileSync(join(folder, `${name}.jsonl`), chosen.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
}

interface Month {
  readonly fleet: () => string;
  /** The VMs are there from this day on; absent: from the start. The rollout is then asked for before there are any. */
  readonly listedOnDay?: number;
  /** How long it is watched; absent: to its end. */
  readonly days?: number;
  readonly scenario?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What people do at the end of a day, from 1. */
  readonly act: (host: Host, day: number) => Promise<void>;
}

const smallFleet = (): string => printGeneratedFleet(generateFleet({ vms: 60, seed: 1 }));

const manyVms = (): string => printGeneratedFleet(generateFleet({ vms: 600, seed: 1 }));

const fewVms = (): string => printGeneratedFleet(generateFleet({ vms: 5, seed: 1 }));

const MONTHS: readonly Month[] = [
  { fleet: smallFleet, act: pauseAndAsk },
  { fleet: fewVms, listedOnDay: 2, act: resumeWhatHalted },
  { fleet: smallFleet, scenario: 'very-bad-patch', act: resumeWhatHalted },
  { fleet: smallFleet, scenario: 'bad-source', act: resumeWhatHalted },
  // one VM a round: so many rounds that the set continues as new
  { fleet: oneLargeSet, environment: { LOWTIDE_SET_ONE_BY_ONE_BELOW: '1000' }, act: resumeWhatHalted },
  // more sets than go side by side: they share lanes
  { fleet: manySets, act: resumeWhatHalted },
  // more VMs due at once than one sweep assesses by itself
  { fleet: manyVms, days: 2, environment: { LOWTIDE_ASSESSMENT_EVERY: 'PT12H' }, act: resumeWhatHalted },
];

async function liveThrough({
  fleet,
  listedOnDay,
  days = 29,
  scenario,
  environment,
  act,
}: Month): Promise<RecordedHistory[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-record-'));
  const fleetFile = join(folder, 'fleet.json');
  writeFileSync(fleetFile, fleet());
  const host = await startHost({
    appDir: repository,
    clock: { kind: 'virtual', startUtc: STARTS_UTC },
    store: { kind: 'memory' },
    engine: 'faithful',
    strict: true,
    environment: {
      LOWTIDE_DRIVER: 'simulated',
      LOWTIDE_STORE: 'memory',
      LOWTIDE_STATE_DIR: '',
      LOWTIDE_SEED: '1',
      LOWTIDE_FLEET: listedOnDay === undefined ? fleetFile : '',
      LOWTIDE_SCENARIO: scenario === undefined ? '' : join(repository, `fleets/scenarios/${scenario}.json`),
      ...environment,
    },
  });
  try {
    const recorded = listen(host);
    if (listedOnDay !== undefined) await host.request('POST', '/api/rollouts', { month: '2026-11' });
    for (let day = 1; day <= days; day += 1) {
      await host.runUntil(new Date(Date.parse(STARTS_UTC) + day * DAY_MS).toISOString());
      if (day === listedOnDay) await host.request('POST', '/api/fleet', JSON.parse(fleet()));
      await act(host, day);
    }
    return recorded();
  } finally {
    await host.close();
    rmSync(folder, { recursive: true });
  }
}

interface Invocation {
  readonly invocationContext: { readonly functionName: string; readonly invocationId: string };
  readonly inputs: readonly unknown[];
  readonly result: unknown;
  readonly error: Error | null;
}

interface Trigger {
  readonly instanceId: string;
  readonly input: unknown;
  readonly history: readonly HistoryEvent[];
}

/** The hooks of the worker see what the host hands to the library, and what comes back. Of each execution the last episode is kept. */
function listen(host: Host): () => RecordedHistory[] {
  const { app } = host.appModule('@azure/functions') as {
    app: { hook: Record<'preInvocation' | 'postInvocation', (hook: (call: Invocation) => void) => void> };
  };
  const triggers = new Map<string, string>();
  const last = new Map<string, { name: string; trigger: string; state: State }>();
  app.hook.preInvocation(({ invocationContext, inputs }) => {
    if (isTrigger(inputs[0])) triggers.set(invocationContext.invocationId, JSON.stringify(inputs[0]));
  });
  app.hook.postInvocation(({ invocationContext, result, error }) => {
    const { functionName: name, invocationId } = invocationContext;
    const trigger = triggers.get(invocationId);
    triggers.delete(invocationId);
    if (trigger === undefined) return;
    const state = error ? stateIn(error) : (JSON.parse(JSON.stringify(result)) as State);
    const { ExecutionId } = executionOf(JSON.parse(trigger) as Trigger);
    last.set(ExecutionId, { name, trigger, state });
  });
  return () =>
    [...last.values()].map(({ name, trigger, state }) => {
      const { instanceId, input, history } = JSON.parse(trigger) as Trigger;
      const scheduled = scheduledBy(state);
      return { name, instanceId, input, history: compact(history), scheduled, end: endOf(state) };
    });
}

const isTrigger = (input: unknown): boolean =>
  typeof input === 'object' && input !== null && 'history' in input && 'instanceId' in input;

const executionOf = ({ history }: Trigger): { readonly ExecutionId: string } =>
  history.find(({ EventType }) => EventType === 0)?.['OrchestrationInstance'] as {
    readonly ExecutionId: string;
  };

function stateIn(error: Error): State {
  const [, json] = error.message.split('\n\n$OutOfProcData$:');
  if (json === undefined) throw error;
  return JSON.parse(json) as State;
}

/** Those that together show every turn: one by one the history with most that is new, the shortest of these. */
function mostInstructive(histories: readonly RecordedHistory[]): RecordedHistory[] {
  const left = histories.map((history) => ({ history, turns: turnsOf(history) }));
  const known = new Set<string>();
  const chosen: RecordedHistory[] = [];
  while (chosen.length < HISTORIES_MAX) {
    const news = left.map(({ turns }) => [...turns].filter((turn) => !known.has(turn)).length);
    const most = Math.max(0, ...news);
    if (most === 0) break;
    const best = left
      .filter((_, n) => news[n] === most)
      .reduce((a, b) => (b.history.history.length < a.history.history.length ? b : a));
    chosen.push(best.history);
    for (const turn of best.turns) known.add(turn);
  }
  return chosen;
}

/** Which kind of action follows which, what came back, how it ended. */
function turnsOf({ scheduled, history, end }: RecordedHistory): ReadonlySet<string> {
  const kinds = scheduled.map((line) =>
    line
      .split(' ')
      .slice(0, 2)
      .join(' ')
      .replace(/@[^@]+$/, ''),
  );
  return new Set([
    ...kinds.map((kind, n) => `${kinds[n - 1] ?? 'begins'} > ${kind}`),
    ...history.map(({ EventType }) => `event ${EventType}`),
    end,
  ]);
}

async function resumeWhatHalted(host: Host): Promise<void> {
  for (const id of ['rollout-2026-11', 'rollout-2026-12']) {
    const { body } = await host.request('GET', `/api/rollouts/${id}`);
    if ((body as { halts?: { decision: unknown }[] }).halts?.some(({ decision }) => decision === null))
      await host.request('POST', `/api/rollouts/${id}/resume`, { reason: 'recorded' });
  }
}

/** A pause of a day, and people who ask for an enablement, an assessment and an installation. */
async function pauseAndAsk(host: Host, day: number): Promise<void> {
  const rollout = '/api/rollouts/rollout-2026-11';
  if (day === 2) await host.request('POST', `${rollout}/pause`, { reason: 'recorded' });
  if (day === 3) await host.request('POST', `${rollout}/resume`, { reason: 'recorded' });
  if (day !== 5 && day !== 6) return;
  const page = await host.request('GET', `${rollout}/virtual-machines`);
  const vms = (page.body as { value: { vmId: string; region: string }[] }).value;
  for (const [n, { vmId, region }] of vms.slice(0, 6).entries()) {
    const pace = defaultPolicy;
    const endsUtc = new Date(Date.parse(host.nowUtc()) + 3 * DAY_MS).toISOString();
    await start(host, 'enableVm', `enable-${day}-${n}`, { vmId, endsUtc });
    await start(host, 'assessVm', `assess-${day}-${n}`, { vmId, pace });
    await start(host, 'installOnDemand', `install-${day}-${n}`, {
      vmId,
      pace,
      by: 'recorded',
      ledger: 'recorded',
      ifBusy: n % 2 === 0 ? 'wait' : 'fail',
      disruption: { region, zone: null, availabilitySetId: null, updateDomain: n, count: 1, shareMax: null },
      waitUntilUtc: new Date(Date.parse(host.nowUtc()) + DAY_MS).toISOString(),
      order: {
        maximumDurationMinutes: 120,
        rebootSetting: 'IfRequired',
        maxPatchPublishDate: null,
        classificationsToInclude: ['Critical', 'Security'],
      },
    });
  }
}

async function start(host: Host, name: string, id: string, input: unknown): Promise<void> {
  const path = `/runtime/webhooks/durabletask/orchestrators/${name}/${id}`;
  const { status, body } = await host.request('POST', path, input);
  if (status !== 202) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(body)}`);
}

function manySets(): string {
  const group = '/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute';
  return JSON.stringify({
    virtualMachines: Array.from({ length: SETS_AT_ONCE_MAX + 4 }, (_, n) => ({
      id: `${group}/virtualMachines/single-${n}`,
      location: 'eastus',
      properties: { availabilitySet: { id: `${group}/availabilitySets/set-${n}` }, ...PATCHED_WINDOWS },
    })),
  });
}

function oneLargeSet(): string {
  const group = '/subscriptions/s-1/resourceGroups/rg/providers/Microsoft.Compute';
  return JSON.stringify({
    virtualMachines: Array.from({ length: 66 }, (_, n) => ({
      id: `${group}/virtualMachines/member-${n}`,
      location: 'eastus',
      properties: {
        availabilitySet: { id: `${group}/availabilitySets/large` },
        ...PATCHED_WINDOWS,
      },
    })),
  });
}

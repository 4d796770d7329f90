import { auditVmOf, type AuditInput, type AuditPhase, type VmFacts } from '../../../audit/auditInput';
import type { DriverEvent } from '../../../drivers/driver';
import { send, type Problem } from '../send';

/** A row of the app's own audit, as the API has it. */
export interface TrailRow {
  readonly seq: number;
  readonly rolloutId: string;
  readonly atUtc: string;
  readonly who: string;
  readonly what: string;
  readonly subject: string;
  readonly vmId: string | null;
  readonly why: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface Chain {
  readonly chain: string;
  readonly rowCount: number;
  readonly head: string;
  readonly faults: readonly { readonly seq: number; readonly kind: string; readonly detail: string }[];
}

/** Everything that the auditor judges, read over the API. */
export interface Evidence {
  readonly input: AuditInput;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly rolloutIds: readonly string[];
  readonly regionCount: number;
  readonly subscriptionCount: number;
  /** What people decided, in order. */
  readonly decisions: readonly TrailRow[];
  readonly chains: readonly Chain[];
}

/** A browser holds so much; a larger log is judged by `npm run audit`. */
const EVENTS_MAX = 600_000;
/** While the log is read the rollouts go on. So often is it read again when a phase, a gate or a halt has changed meanwhile. */
const TRIES = 5;

export class NotRead extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

type Progress = (what: string) => void;

/** Reads log, fleet, rollouts and audit of one moment. Throws NotRead. */
export async function readEvidence(progress: Progress): Promise<Evidence> {
  let rollouts = await rolloutsOf();
  for (let tries = 0; tries < TRIES; tries += 1) {
    const evidence = await readBeside(rollouts, progress);
    const now = await rolloutsOf();
    if (JSON.stringify(now) === JSON.stringify(rollouts)) return evidence;
    rollouts = now;
  }
  throw new NotRead({
    title: 'The rollouts change faster than they can be read.',
    detail: 'Pause the rollout, or wait for its end, and try again.',
    status: 0,
  });
}

async function readBeside(rollouts: readonly Reported[], progress: Progress): Promise<Evidence> {
  const { inForce } = await get<{ inForce: Readonly<Record<string, unknown>> }>('/api/policy');
  const models = await all<VmFacts>('/api/simulated/virtual-machines', (count) => {
    progress(`${count} VMs`);
  });
  const { untilUtc } = await get<{ untilUtc: string }>('/api/simulated/events');
  const log = `/api/simulated/events?untilUtc=${encodeURIComponent(untilUtc)}`;
  const events = await all<DriverEvent>(log, (count) => {
    progress(`${count} events of the driver's log`);
    if (count > EVENTS_MAX) throw tooLong();
  });
  const trail = await trailOf(rollouts, events, untilUtc);
  const operator = await all<TrailRow>('/api/audit?chain=operator', () => undefined).catch(() => []);
  const { chains } = await get<{ chains: readonly Chain[] }>('/api/audit/verify');
  const vms = models.map((model) => auditVmOf(model));
  return {
    input: {
      ...rulesOf(inForce),
      events,
      vms,
      untilUtc,
      trail,
      rollouts: rollouts.map(({ id, ...rest }) => ({ ...rest, rolloutId: id })),
      phases: rollouts.flatMap(phasesOf),
      ...(await outcomesOf(rollouts, vms.length)),
    },
    policy: inForce,
    rolloutIds: rollouts.map(({ id }) => id),
    regionCount: new Set(vms.map(({ region }) => region)).size,
    subscriptionCount: new Set(vms.map(({ subscription }) => subscription)).size,
    decisions: [...trail, ...operator]
      .filter(({ who, what }) => who !== 'lowtide' && !what.startsWith('install'))
      .sort((a, b) => (a.atUtc < b.atUtc ? -1 : 1)),
    chains,
  };
}

function rulesOf(
  inForce: Readonly<Record<string, unknown>>,
): Omit<AuditInput, 'events' | 'vms' | 'untilUtc'> {
  const number = (name: string): number => Number(inForce[name]);
  return {
    offPeak: { opens: String(inForce['offPeakOpens']), closes: String(inForce['offPeakCloses']) },
    shares: {
      setSharePercent: number('setSharePercent'),
      setOneByOneBelow: number('setOneByOneBelow'),
      standaloneSharePercent: number('standaloneSharePercent'),
    },
    exposure: { first: number('evidenceFirst'), factor: number('evidenceFactor') },
    timeZoneTag: String(inForce['timeZoneTag']),
    excludeTag: String(inForce['excludeTag']),
    assessmentEverySeconds: secondsOf(String(inForce['assessmentEvery'])),
  };
}

/** Of an ISO 8601 duration as the policy writes them: P3D, PT12H, P1DT30M. */
export function secondsOf(duration: string): number {
  const [, days, hours, minutes, seconds] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(duration) ?? [];
  return (
    Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  );
}

interface Reported extends Omit<NonNullable<AuditInput['rollouts']>[number], 'rolloutId'> {
  readonly id: string;
  readonly phases: readonly {
    readonly phase: string;
    readonly regions: readonly string[];
    readonly startedUtc: string | null;
    readonly endedUtc: string | null;
    readonly gate: { readonly kind: string } | null;
  }[];
}

async function rolloutsOf(): Promise<readonly Reported[]> {
  const { value } = await get<{ value: readonly { readonly id: string }[] }>('/api/rollouts');
  return Promise.all(value.map(({ id }) => get<Reported>(`/api/rollouts/${id}`)));
}

function phasesOf({ id, phases }: Reported): readonly AuditPhase[] {
  return phases.map(({ phase, regions, startedUtc, endedUtc, gate }) => ({
    rolloutId: id,
    phase: Number(phase.replace('phase-', '')),
    regions,
    startedUtc,
    endedUtc,
    gateOpenedUtc: gate?.kind === 'open' ? endedUtc : null,
  }));
}

/** Rows of installs that the log does not hold yet are left out: they were written after it was read. */
async function trailOf(
  rollouts: readonly Reported[],
  events: readonly DriverEvent[],
  untilUtc: string,
): Promise<readonly TrailRow[]> {
  const operations = new Set<unknown>(events.map(({ operationId }) => operationId));
  const rows: TrailRow[] = [];
  for (const { id } of rollouts)
    for (const row of await all<TrailRow>(`/api/rollouts/${id}/audit`, () => undefined))
      rows.push({ ...row, rolloutId: id });
  return rows
    .filter(
      ({ atUtc, what, evidence }) =>
        atUtc < untilUtc || !what.startsWith('install') || operations.has(evidence['operationId']),
    )
    .sort((a, b) => (a.atUtc < b.atUtc ? -1 : a.atUtc > b.atUtc ? 1 : 0));
}

/** Outcomes are held against the fleet when there is one rollout, it has ended, and the fleet is the one that it was planned for. */
async function outcomesOf(
  rollouts: readonly Reported[],
  vmCount: number,
): Promise<Pick<AuditInput, 'outcomes'>> {
  const [only, another] = rollouts;
  if (only === undefined || another !== undefined || only.state !== 'ended') return {};
  const outcomes = await all<{ vmId: string; kind: string; reason: string; atUtc: string }>(
    `/api/rollouts/${only.id}/virtual-machines`,
    () => undefined,
  );
  if (outcomes.length !== vmCount) return {};
  return { outcomes: outcomes.map(({ vmId, kind, reason, atUtc }) => ({ vm: vmId, kind, reason, atUtc })) };
}

/** The rows of every page. */
async function all<T>(first: string, progress: (count: number) => void): Promise<readonly T[]> {
  const rows: T[] = [];
  for (let path: string | undefined = first; path !== undefined;) {
    const page: { value: readonly T[]; nextLink?: string } = await get(path);
    for (const row of page.value) rows.push(row);
    progress(rows.length);
    path = page.nextLink;
  }
  return rows;
}

async function get<T>(path: string): Promise<T> {
  const sent = await send<T>('GET', path);
  if (sent.kind === 'refused') throw new NotRead(sent.problem);
  return sent.value;
}

function tooLong(): NotRead {
  return new NotRead({
    title: `The log has more than ${EVENTS_MAX} events.`,
    detail: '`npm run audit -- --base-url` with the address of this host judges a log of any length.',
    status: 0,
  });
}

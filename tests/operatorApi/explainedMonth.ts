import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Api, anApi } from '../armApi/api';

export interface Hold {
  readonly reason: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sinceUtc: string | null;
}

/** What `why` said of a VM at an instant. */
export interface Explained {
  readonly vmId: string;
  readonly asOfUtc: string;
  readonly state: string;
  readonly holds: readonly Hold[];
  readonly start: { readonly earliestUtc: string; readonly latestUtc: string } | null;
  /** How its last try ended, as it was shown then. */
  readonly outcome: EndedAs | null;
}

export interface Event {
  readonly at: string;
  readonly action: string;
  readonly vm: string;
  readonly rolloutId: string | null;
}

export interface EndedAs {
  readonly kind: string;
  readonly reason: string;
  readonly atUtc: string;
  readonly otherReasons?: readonly string[];
}

export interface ExplainedMonth {
  readonly api: Api;
  readonly explained: readonly Explained[];
  /** The log of the platform. */
  readonly events: readonly Event[];
  readonly outcomes: ReadonlyMap<string, EndedAs>;
  /** The first installation of the rollout on a VM after an instant. */
  readonly nextStart: (vmId: string, afterUtc: string) => string | null;
  readonly close: () => Promise<void>;
}

export interface MonthSetup {
  readonly fleet: string;
  readonly effects: readonly object[];
  /** When the rollout is asked for; absent: when its release is out. */
  readonly startUtc?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Before the rollout is asked for. */
  readonly prepare?: (send: Send) => Promise<void>;
  readonly begin?: (send: Send) => Promise<void>;
  /** Days on which every VM is asked about, in their order, with what people do after that. */
  readonly asked: readonly (readonly [day: number, acts?: (send: Send, nowUtc: string) => Promise<void>])[];
  readonly days: number;
  /** The new ids of VMs that are moved, by their old ones: what was said under the old one is to come true under the new one. */
  readonly moved?: Readonly<Record<string, string>>;
}

/** Throws unless it is answered with success. */
export type Send = (method: string, path: string, body?: unknown) => Promise<void>;

const ROLLOUT = 'rollout-2026-11';

/** Some days of the rollout of November 2026, in which every VM is asked about again and again. */
export async function explainedMonth(make: typeof anApi, setup: MonthSetup): Promise<ExplainedMonth> {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-why-'));
  const scenario = join(folder, 'month.json');
  writeFileSync(
    scenario,
    JSON.stringify({ name: 'month', description: 'Of a test.', effects: setup.effects }),
  );
  const api = await make({
    clock: { kind: 'virtual', startUtc: setup.startUtc ?? '2026-11-10T18:00:00.000Z' },
    timers: true,
    environment: { LOWTIDE_SCENARIO: scenario, ...setup.environment },
  });
  const send: Send = async (method, path, body) => {
    const { status, body: answer } = await api.send(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`);
  };
  const valuesOf = async <T>(path: string): Promise<readonly T[]> =>
    (await api.send('GET', path)).body['value'] as unknown as T[];

  await send('POST', '/api/fleet', setup.fleet);
  await setup.prepare?.(send);
  await send('POST', '/api/rollouts', { month: '2026-11' });
  await setup.begin?.(send);
  const explained: Explained[] = [];
  let passed = 0;
  const passTo = async (day: number): Promise<void> => {
    await api.pass((day - passed) * 24 * 60);
    passed = day;
  };
  for (const [day, acts] of setup.asked) {
    await passTo(day);
    const all = await valuesOf<{ readonly vmId: string }>('/api/fleet?limit=1000');
    for (const { vmId } of all) {
      const { status, body } = await api.send('GET', `/api/explain?id=${vmId}&rollout=${ROLLOUT}`);
      // A VM that its owner has deleted is not known any more.
      if (status !== 404) explained.push(body as unknown as Explained);
    }
    await acts?.(send, api.host.nowUtc());
  }
  await passTo(setup.days);
  const events = await valuesOf<Event>('/api/simulated/events');
  const ended = await valuesOf<EndedAs & { readonly vmId: string }>(
    `/api/rollouts/${ROLLOUT}/virtual-machines`,
  );
  return {
    api,
    explained: explained.map((said) => ({ ...said, vmId: setup.moved?.[said.vmId] ?? said.vmId })),
    events,
    outcomes: new Map(ended.map(({ vmId, ...outcome }) => [vmId, outcome])),
    nextStart: (vmId, afterUtc) =>
      events.find(
        ({ at, action, vm, rolloutId }) =>
          action === 'installStarted' && rolloutId === ROLLOUT && at > afterUtc && vm.toLowerCase() === vmId,
      )?.at ?? null,
    close: async () => {
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
}

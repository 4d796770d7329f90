import type { AuditFreeze } from '../../audit/auditInput';
import type { Host } from '../../emulator/host';
import { randomOf, type FaultKind, type Faults } from './faults';
import { DAY_MS, HOUR_MS } from '../../domain/timeUnits';

/** What a person does, and when. */
export interface Action {
  readonly atMs: number;
  readonly kind: FaultKind;
  readonly freeze?: FreezeOfRegion;
}

/** Which of the regions, by its place among them from 0 to 1; when it begins and how long it is. */
interface FreezeOfRegion {
  readonly place: number;
  readonly inHours: number;
  readonly hours: number;
}

/** From the moment pausing was acknowledged until resuming was first tried: nothing may start. */
export interface Pause {
  readonly fromUtc: string;
  untilUtc: string | null;
}

/** When the operator looks in. Every day he answers halts one way or another; now and then he pauses, cancels, starts twice. */
export function actionsOf(
  seed: number,
  intensity: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Action[] {
  if (intensity === 0) return [];
  const random = randomOf(seed, 'operator');
  const actions: Action[] = [];
  for (let atMs = fromMs + random() * DAY_MS; atMs < toMs; atMs += (0.5 + random()) * DAY_MS)
    actions.push({ atMs, kind: random() < 0.85 ? 'operatorResume' : 'operatorSkip' });
  for (let n = Math.floor(random() * 4); n > 0; n -= 1) {
    const atMs = fromMs + random() ** 2 * (toMs - fromMs);
    actions.push(
      { atMs, kind: 'operatorPause' },
      { atMs: atMs + random() ** 2 * 3 * DAY_MS, kind: 'operatorResume' },
    );
  }
  for (let n = Math.floor(random() * 3); n > 0; n -= 1)
    actions.push({ atMs: fromMs + random() * (toMs - fromMs), kind: 'operatorDoubleStart' });
  for (let n = Math.floor(random() * 4); n > 0; n -= 1)
    actions.push({ atMs: fromMs + random() ** 2 * (toMs - fromMs), kind: 'timerTwice' });
  if (random() < 0.08) actions.push({ atMs: fromMs + random() * (toMs - fromMs), kind: 'operatorCancel' });
  for (let n = Math.floor(random() * 3); n > 0; n -= 1) {
    const atMs = fromMs + random() ** 2 * (toMs - fromMs);
    // Half of them hold at once.
    const inHours = Math.max(0, random() * 96 - 48);
    const freeze = { place: random(), inHours, hours: 2 + random() * 70 };
    actions.push({ atMs, kind: 'operatorFreeze', freeze });
  }
  return actions.filter(({ atMs }) => atMs < toMs).sort((a, b) => a.atMs - b.atMs);
}

const VERBS: Partial<Readonly<Record<FaultKind, string>>> = {
  operatorPause: 'pause',
  operatorResume: 'resume',
  operatorSkip: 'skip',
  operatorCancel: 'cancel',
};

/** The person at the API. Takes 2xx for done, and everything else for unknown. */
export class Operator {
  readonly pauses: Pause[] = [];
  readonly freezes: AuditFreeze[] = [];

  readonly #faults: Faults;
  readonly #month: string;

  constructor(faults: Faults, month: string) {
    this.#faults = faults;
    this.#month = month;
  }

  /** Each host has the app's timers; they fire once on all of them together, at least. */
  async #fireTimersTwice(host: Host): Promise<void> {
    this.#faults.count('timerTwice');
    const names = ['monthlyRolloutTimer', 'sweepsTimer'].flatMap((name) => [name, name]);
    await Promise.all(names.map((name) => host.request('POST', `/admin/functions/${name}`, {})));
  }

  /** What is not acknowledged may stand or not: it is not judged. */
  async #freeze(host: Host, { place, inHours, hours }: FreezeOfRegion): Promise<void> {
    const listed = await host.request('GET', '/api/fleet?group=region&limit=1');
    if (listed.status !== 200) return;
    const { groups } = listed.body as { readonly groups: readonly { readonly name: string }[] };
    const region = groups[Math.floor(place * groups.length)]?.name;
    if (region === undefined) return;
    const fromMs = Date.parse(host.nowUtc()) + inHours * HOUR_MS;
    const id = `freeze-${this.freezes.length}`;
    const selector = { region };
    const span = {
      from: new Date(fromMs).toISOString(),
      to: new Date(fromMs + hours * HOUR_MS).toISOString(),
    };
    const body = { selector, ...span, timeZone: null, reason: 'torture', owner: 'torture' };
    const { status } = await host.request('PUT', `/api/freezes/${id}`, body);
    if (status !== 200) return;
    this.#faults.count('operatorFreeze');
    const since = { sinceUtc: host.nowUtc(), liftedUtc: null };
    this.freezes.push({ id, kind: 'freeze', selector, ...span, timeZone: null, ...since });
  }

  async act(host: Host, { kind, freeze }: Action): Promise<void> {
    if (!this.#faults.allows(kind)) return;
    const path = `/api/rollouts/rollout-${this.#month}`;
    if (kind === 'operatorDoubleStart') {
      this.#faults.count(kind);
      const start = (): ReturnType<Host['request']> =>
        host.request('POST', '/api/rollouts', { month: this.#month });
      await Promise.all([start(), start()]);
      return;
    }
    if (kind === 'timerTwice') return this.#fireTimersTwice(host);
    if (freeze !== undefined) return this.#freeze(host, freeze);
    const open = this.pauses.find(({ untilUtc }) => untilUtc === null);
    if (kind !== 'operatorPause' && open !== undefined) open.untilUtc = host.nowUtc();
    const { status } = await host.request('POST', `${path}/${VERBS[kind] ?? ''}`, { reason: 'torture' });
    if (status !== 409 && status !== 404) this.#faults.count(kind);
    if (kind === 'operatorPause' && status === 200 && open === undefined)
      this.pauses.push({ fromUtc: host.nowUtc(), untilUtc: null });
  }
}

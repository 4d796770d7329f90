import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { anApi, type Api } from '../armApi/api';

const VMS = 80;
/** Days of the month on which every VM is asked about: before the first window, in windows, and between them. */
const ASKED_DAYS = [0.01, 0.5, 1.3, 2.4, 4.1, 7, 12];
const DAYS = 20;
/** VMs that are off or have a silent agent for some days or for good, so that their turn finds them so. */
const SCENARIO = {
  name: 'off-and-silent',
  description: 'Some VMs are off, the agents of some are silent, for six days or for good.',
  effects: [
    { who: { share: 25 }, what: 'poweredOff', when: { fromDay: 1, toDay: 6 } },
    { who: { share: 25 }, what: 'agentLost', when: { fromDay: 1, toDay: 6 } },
    { who: { share: 8 }, what: 'poweredOff', when: { fromDay: 1, toDay: 40 } },
    { who: { share: 8 }, what: 'agentLost', when: { fromDay: 1, toDay: 40 } },
  ],
};

interface Hold {
  readonly reason: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sinceUtc: string | null;
}

interface Explained {
  readonly vmId: string;
  readonly asOfUtc: string;
  readonly state: string;
  readonly holds: readonly Hold[];
  readonly start: { readonly earliestUtc: string; readonly latestUtc: string } | null;
}

interface Event {
  readonly at: string;
  readonly action: string;
  readonly vm: string;
  readonly rolloutId: string | null;
}

interface EndedAs {
  readonly kind: string;
  readonly reason: string;
  readonly otherReasons?: readonly string[];
}

/** What begins and ends each of these in the log of the platform. */
const LOGGED: Readonly<Record<string, readonly [begins: string, ends: string]>> = {
  poweredOff: ['poweredOff', 'poweredOn'],
  agentSilent: ['agentLost', 'agentRestored'],
};

describe('what `why` says of every VM of a simulated month', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-why-'));
  let api: Api;
  const explained: Explained[] = [];
  let events: readonly Event[] = [];
  let outcomes: ReadonlyMap<string, EndedAs>;

  beforeAll(async () => {
    writeFileSync(join(folder, 'off-and-silent.json'), JSON.stringify(SCENARIO));
    api = await anApi({
      clock: { kind: 'virtual', startUtc: '2026-11-10T18:00:00.000Z' },
      timers: true,
      environment: { LOWTIDE_SCENARIO: join(folder, 'off-and-silent.json') },
    });
    const fleet = await api.send(
      'POST',
      '/api/fleet',
      printGeneratedFleet(generateFleet({ vms: VMS, seed: 5 })),
    );
    if (fleet.status !== 200) throw new Error(`POST /api/fleet answered ${fleet.status}`);
    await api.send('POST', '/api/rollouts', { month: '2026-11' });
    const frozen = { from: '2026-11-12T06:00Z', to: '2026-11-15T12:00Z', reason: 'A launch.', owner: 'ops' };
    const frozenStatus = (await api.send('PUT', '/api/freezes/launch', frozen)).status;
    if (frozenStatus !== 200) throw new Error(`PUT /api/freezes/launch answered ${frozenStatus}`);
    const all = (await api.send('GET', '/api/fleet?limit=1000')).body['value'] as unknown as {
      readonly vmId: string;
    }[];
    let passed = 0;
    for (const day of [...ASKED_DAYS, DAYS]) {
      await api.pass((day - passed) * 24 * 60);
      passed = day;
      if (day === DAYS) break;
      for (const { vmId } of all)
        explained.push((await api.send('GET', `/api/explain?id=${vmId}`)).body as unknown as Explained);
    }
    events = (await api.send('GET', '/api/simulated/events')).body['value'] as unknown as Event[];
    const ended = (await api.send('GET', '/api/rollouts/rollout-2026-11/virtual-machines')).body[
      'value'
    ] as unknown as (EndedAs & { readonly vmId: string })[];
    outcomes = new Map(ended.map(({ vmId, ...outcome }) => [vmId, outcome]));
  });
  afterAll(async () => {
    await api.close();
    rmSync(folder, { recursive: true });
  });

  /** The first installation of the rollout on a VM after an instant. */
  const nextStart = (vmId: string, afterUtc: string): string | null =>
    events.find(
      ({ at, action, vm, rolloutId }) =>
        action === 'installStarted' && rolloutId !== null && at > afterUtc && vm.toLowerCase() === vmId,
    )?.at ?? null;

  test('was asked of every VM, and in every state', () => {
    expect(explained).toHaveLength(VMS * ASKED_DAYS.length);
    const states = new Set(explained.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(['notTakingPart', 'waiting', 'held', 'done']));
    expect(events.filter(({ action }) => action === 'installStarted').length).toBeGreaterThan(20);
  });

  test('no installation starts before the earliest start or after the latest that was said', () => {
    const wrong = explained.flatMap((said) => {
      const { vmId, asOfUtc, state, start } = said;
      if (state !== 'waiting' && state !== 'held') return [];
      const started = nextStart(vmId, asOfUtc);
      if (started === null) return [];
      const isInTime = start !== null && started >= start.earliestUtc && started <= start.latestUtc;
      return isInTime ? [] : [{ ...said, started }];
    });
    expect(wrong).toEqual([]);
  });

  test('what is said is put to the test: most that waits is installed later, and so is much of what is held', () => {
    const tested = (state: string): number =>
      explained.filter((said) => said.state === state && nextStart(said.vmId, said.asOfUtc) !== null).length;
    expect(tested('waiting')).toBeGreaterThan(20);
    expect(tested('held')).toBeGreaterThan(5);
  });

  test('what a freeze holds is installed only after the end that its hold names', () => {
    const frozen = explained.flatMap(({ vmId, asOfUtc, holds }) => {
      const hold = holds.find(({ reason }) => reason === 'frozen');
      const started = hold === undefined ? null : nextStart(vmId, asOfUtc);
      return started === null ? [] : [{ vmId, started, untilUtc: String(hold?.facts['untilUtc']) }];
    });
    expect(frozen.length).toBeGreaterThan(5);
    expect(frozen.filter(({ started, untilUtc }) => started < untilUtc)).toEqual([]);
  });

  test('the hold that is named first is the reason of the outcome it leads to, or the VM had its turn, or what held it has passed', () => {
    const wrong = explained.flatMap((said) => {
      const [first] = said.holds;
      if (said.state !== 'notTakingPart' || first === undefined) return [];
      const outcome = outcomes.get(said.vmId);
      const hasPassed = first.reason === 'notEnabled' && outcome?.reason !== 'notEnabled';
      return outcome === undefined || outcome.reason === first.reason || hasPassed ? [] : [{ said, outcome }];
    });
    expect(wrong).toEqual([]);
  });

  test('what takes no part or is done is not installed after that was said; a VM that became enabled since has that as its reason', () => {
    const wrong = explained.filter(({ vmId, asOfUtc, state, holds }) => {
      if (state !== 'notTakingPart' && state !== 'done') return false;
      const isOnlyEnabling = holds.length > 0 && holds.every(({ reason }) => reason === 'notEnabled');
      return nextStart(vmId, asOfUtc) !== null && !isOnlyEnabling;
    });
    expect(wrong).toEqual([]);
  });

  test('what waited or was held and was not installed has an outcome with a reason, or its turn is still to come', () => {
    const wrong = explained.filter(({ vmId, asOfUtc, state, start }) => {
      if ((state !== 'waiting' && state !== 'held') || nextStart(vmId, asOfUtc) !== null) return false;
      const outcome = outcomes.get(vmId);
      if (outcome === undefined) return start === null || start.latestUtc < api.host.nowUtc();
      return outcome.kind === 'patched';
    });
    expect(wrong).toEqual([]);
  });

  /** Whether the platform's log has a VM off, or its agent silent, at an instant. */
  const wasSo = (vmId: string, reason: string, atUtc: string): boolean => {
    const [begins, ends] = LOGGED[reason] ?? [];
    const last = events.findLast(
      ({ at, action, vm }) =>
        at <= atUtc && (action === begins || action === ends) && vm.toLowerCase() === vmId,
    );
    return last?.action === begins;
  };

  const heldByPlatform = (): (Explained & { readonly hold: Hold })[] =>
    explained.flatMap((said) =>
      said.holds.filter(({ reason }) => reason in LOGGED).map((hold) => ({ ...said, hold })),
    );

  test('what is held as off or by a silent agent was so at the instant since which it is said to be', () => {
    const reasons = heldByPlatform().map(({ hold }) => hold.reason);
    for (const reason of Object.keys(LOGGED))
      expect(reasons.filter((one) => one === reason).length).toBeGreaterThan(5);
    const wrong = heldByPlatform().filter(
      ({ vmId, hold }) => hold.sinceUtc === null || !wasSo(vmId, hold.reason, hold.sinceUtc),
    );
    expect(wrong).toEqual([]);
  });

  test('what is held as off or by a silent agent is installed only once that has passed, or has it among the reasons of its outcome', () => {
    const fates = heldByPlatform().map((said) => {
      const started = nextStart(said.vmId, said.asOfUtc);
      const { reason, otherReasons = [] } = outcomes.get(said.vmId) ?? { reason: 'none' };
      return { ...said, started, reasons: [reason, ...otherReasons] };
    });
    const wrong = fates.filter(({ vmId, hold, started, reasons }) =>
      started === null ? !reasons.includes(hold.reason) : wasSo(vmId, hold.reason, started),
    );
    expect(wrong).toEqual([]);
    expect(fates.filter(({ started }) => started !== null).length).toBeGreaterThan(5);
    expect(fates.filter(({ started }) => started === null).length).toBeGreaterThan(5);
  });

  test('what a VM was deferred for beside a freeze is said once the freeze is over, too', () => {
    const silent = explained.filter(({ vmId, asOfUtc, state, holds }) => {
      if (state !== 'waiting' || holds.length > 0 || nextStart(vmId, asOfUtc) !== null) return false;
      return (outcomes.get(vmId)?.otherReasons ?? []).some((reason) => wasSo(vmId, reason, asOfUtc));
    });
    expect(silent.filter(({ asOfUtc }) => asOfUtc > '2026-11-15T12:00')).toEqual([]);
  });
});

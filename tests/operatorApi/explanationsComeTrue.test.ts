import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';
import { anApi } from '../armApi/api';
import { explainedMonth, type Explained, type ExplainedMonth, type Hold } from './explainedMonth';
import { BAD_ENDS, badlyEnded, cancelledMonth, monthOfBadEnds } from './monthOfBadEnds';
import { reasonsOf, RULES } from './explanationRules';
import { changedVm, FOUND_IN_ITS_TURN, monthOfChangedVms } from './monthOfChangedVms';
import { monthOfEveryHold, type MonthOfEveryHold } from './monthOfEveryHold';

const VMS = 80;
/** Days of the month on which every VM is asked about: before the first window, in windows, and between them. */
const ASKED_DAYS = [0.01, 0.5, 1.3, 2.4, 4.1, 7, 12];
const DAYS = 20;
/** VMs that are off or have a silent agent for some days or for good, so that their turn finds them so. */
const OFF_AND_SILENT = [
  { who: { share: 25 }, what: 'poweredOff', when: { fromDay: 1, toDay: 6 } },
  { who: { share: 25 }, what: 'agentLost', when: { fromDay: 1, toDay: 6 } },
  { who: { share: 8 }, what: 'poweredOff', when: { fromDay: 1, toDay: 40 } },
  { who: { share: 8 }, what: 'agentLost', when: { fromDay: 1, toDay: 40 } },
];

function offAndSilent(): Promise<ExplainedMonth> {
  return explainedMonth(anApi, {
    fleet: printGeneratedFleet(generateFleet({ vms: VMS, seed: 5 })),
    effects: OFF_AND_SILENT,
    begin: async (send) => {
      const span = { from: '2026-11-12T06:00Z', to: '2026-11-15T12:00Z' };
      await send('PUT', '/api/freezes/launch', { ...span, reason: 'A launch.', owner: 'ops' });
    },
    asked: ASKED_DAYS.map((day) => [day]),
    days: DAYS,
  });
}

/** What begins and ends each of these in the log of the platform. */
const LOGGED: Readonly<Record<string, readonly [begins: string, ends: string]>> = {
  poweredOff: ['poweredOff', 'poweredOn'],
  agentSilent: ['agentLost', 'agentRestored'],
};

describe('what `why` says of every VM of a simulated month', () => {
  let month: ExplainedMonth;
  let explained: ExplainedMonth['explained'];
  let events: ExplainedMonth['events'];
  let outcomes: ExplainedMonth['outcomes'];
  let nextStart: ExplainedMonth['nextStart'];

  beforeAll(async () => {
    month = await offAndSilent();
    ({ explained, events, outcomes, nextStart } = month);
  });
  afterAll(() => month.close());

  test.each(RULES)('%s', (_rule, wrong) => {
    expect(wrong(month)).toEqual([]);
  });

  test('was asked of every VM, and in every state', () => {
    expect(explained).toHaveLength(VMS * ASKED_DAYS.length);
    const states = new Set(explained.map(({ state }) => state));
    expect([...states]).toEqual(expect.arrayContaining(['notTakingPart', 'waiting', 'held', 'done']));
    expect(events.filter(({ action }) => action === 'installStarted').length).toBeGreaterThan(20);
  });

  test('what is said is put to the test: most that waits is installed later, and so is much of what is held', () => {
    const tested = (state: string): number =>
      explained.filter((said) => said.state === state && nextStart(said.vmId, said.asOfUtc) !== null).length;
    expect(tested('waiting')).toBeGreaterThan(20);
    expect(tested('held')).toBeGreaterThan(5);
  });

  test('a freeze is put to the test: much of what it holds is installed after it', () => {
    const frozen = explained.filter(({ holds }) => holds.some(({ reason }) => reason === 'frozen'));
    expect(frozen.filter(({ vmId, asOfUtc }) => nextStart(vmId, asOfUtc) !== null).length).toBeGreaterThan(5);
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

/** Every hold that `why` can name of a VM of a rollout. */
const NAMED_BY_SOME_MONTH = [
  'approvalPending',
  'budgetUsedUp',
  'evidenceLimit',
  'excludedForNow',
  'hookRefused',
  'installFailed',
  'operatorSkipped',
  'rolloutHalted',
  'rolloutPaused',
  'waitingForSet',
];

describe('what `why` says in a month in which people, the policy, a hook and the patches themselves hold VMs', () => {
  let month: MonthOfEveryHold;
  beforeAll(async () => {
    month = await monthOfEveryHold(anApi);
  });
  afterAll(() => month.close());

  test.each(RULES)('%s', (_rule, wrong) => {
    expect(wrong(month)).toEqual([]);
  });

  test('each of these holds is named of some VM', () => {
    const named = new Set(month.explained.flatMap(({ holds }) => holds.map(({ reason }) => reason)));
    expect([...named]).toEqual(expect.arrayContaining(NAMED_BY_SOME_MONTH));
  });

  test('what a person or a hook can let go on is installed only after one did; and some is', () => {
    const { explained, released, nextStart } = month;
    const reasons = new Set(released.map(({ reason }) => reason));
    expect([...reasons].sort()).toEqual([
      'approvalPending',
      'evidenceLimit',
      'hookRefused',
      'rolloutHalted',
      'rolloutPaused',
    ]);
    for (const reason of reasons) {
      const started = explained
        .filter(({ holds }) => holds.some((hold) => hold.reason === reason))
        .flatMap(({ vmId, asOfUtc }) => {
          const startUtc = nextStart(vmId, asOfUtc);
          const release = released.find((one) => one.reason === reason && one.atUtc >= asOfUtc);
          return startUtc === null ? [] : [{ vmId, asOfUtc, startUtc, releasedUtc: release?.atUtc ?? null }];
        });
      expect([reason, started.length > 0]).toEqual([reason, true]);
      const early = started.filter(
        ({ startUtc, releasedUtc }) => releasedUtc === null || startUtc < releasedUtc,
      );
      expect([reason, early]).toEqual([reason, []]);
    }
  });

  test('what a budget holds is installed only once the member that is down has come back', () => {
    const { explained, events, nextStart } = month;
    const backUtc = events.find(({ action, vm }) => action === 'poweredOn' && vm.endsWith('/shop-1'))?.at;
    const started = explained
      .filter(({ holds }) =>
        holds.some(({ reason, facts }) => reason === 'budgetUsedUp' && facts['down'] === 'shop-1'),
      )
      .map(({ vmId, asOfUtc }) => nextStart(vmId, asOfUtc));
    expect(started.filter((startUtc) => startUtc !== null).length).toBeGreaterThan(0);
    expect(started.filter((startUtc) => startUtc !== null && startUtc < String(backUtc))).toEqual([]);
  });

  test('what nothing lets go on is not installed, and has that hold among the reasons of its outcome', () => {
    const { explained, outcomes, nextStart } = month;
    for (const reason of ['operatorSkipped', 'waitingForSet']) {
      const held = explained.filter(({ holds }) => holds.some((hold) => hold.reason === reason));
      expect([reason, held.length > 0]).toEqual([reason, true]);
      const wrong = held.filter(
        ({ vmId, asOfUtc }) => nextStart(vmId, asOfUtc) !== null || outcomes.get(vmId)?.reason !== reason,
      );
      expect([reason, wrong]).toEqual([reason, []]);
    }
  });
});

describe('what `why` says in a month in which VMs change between plan and turn, and one waits until the rollout ends', () => {
  let month: ExplainedMonth;
  beforeAll(async () => {
    month = await monthOfChangedVms(anApi);
  });
  afterAll(() => month.close());

  test.each(RULES)('%s', (_rule, wrong) => {
    expect(wrong(month)).toEqual([]);
  });

  test.each(FOUND_IN_ITS_TURN)(
    '%s is the reason of %s, beside what was said of it before',
    (reason, name) => {
      expect(reasonsOf(month, changedVm(name))).toContain(reason);
    },
  );

  const startOf = (name: string): string | null => month.nextStart(changedVm(name), '');

  test('what cannot pass ends with its reason and is never installed; of the rest each is installed once it has passed', () => {
    const lasting = FOUND_IN_ITS_TURN.filter(([reason]) =>
      ['agentOutdated', 'unhealthyBefore', 'vmDeleted', 'deadlinePassed'].includes(reason),
    );
    expect(lasting.map(([, name]) => [startOf(name), month.outcomes.get(changedVm(name))?.reason])).toEqual(
      lasting.map(([reason]) => [null, reason]),
    );
    const byHand = month.events.find(
      ({ action, vm }) => action === 'installCompleted' && vm.endsWith('/busy'),
    );
    expect(startOf('other-hours')?.slice(11, 13)).toMatch(/^(1[3-9]|2[01])$/);
    const again = startOf('busy') ?? '9999';
    expect(again > String(byHand?.at)).toBe(true);
  });

  test('a hold that was found at the last try is named since then, until it has passed', () => {
    for (const [reason, name] of [['agentOutdated', 'old-agent']]) {
      const named = month.explained.filter(
        ({ vmId, holds }) => vmId === changedVm(name ?? '') && holds.some((hold) => hold.reason === reason),
      );
      expect([name, named.length > 0]).toEqual([name, true]);
    }
  });
});

describe('what `why` says in a month in which installations end in every way, until the next release supersedes it', () => {
  let month: ExplainedMonth;
  beforeAll(async () => {
    month = await monthOfBadEnds(anApi);
  });
  afterAll(() => month.close());

  test.each(RULES)('%s', (_rule, wrong) => {
    expect(wrong(month)).toEqual([]);
  });

  const endOf = (reason: string): string => {
    const vmId = badlyEnded(BAD_ENDS.find(([one]) => one === reason)?.[1] ?? '');
    const said = month.explained.map((one) => (one.vmId === vmId ? one.outcome : null));
    const ended = [...said, month.outcomes.get(vmId)].find((outcome) => outcome?.reason === reason);
    return ended?.atUtc ?? `${vmId} never ended ${reason}`;
  };

  test.each(BAD_ENDS)('%s is a reason of %s; that it is installed after that: %s', (reason, name, again) => {
    const vmId = badlyEnded(name);
    expect(reasonsOf(month, vmId)).toContain(reason);
    expect(month.nextStart(vmId, endOf(reason)) !== null).toBe(again);
    // What is not installed any more has that as its end.
    expect(again || month.outcomes.get(vmId)?.reason === reason).toBe(true);
  });

  test('what it was deferred or failed for is named since then, until it is tried again, unless it has passed', () => {
    const named = month.explained.filter(
      ({ state, outcome }) => state === 'held' && outcome !== null && outcome.reason !== 'installInFlight',
    );
    // A halt is looked at afresh: resumed, it does not hold any more.
    const wrong = named.filter(({ holds, outcome, asOfUtc }) => {
      const since = holds.find(({ reason }) => reason === outcome?.reason)?.sinceUtc ?? '';
      return outcome?.reason !== 'rolloutHalted' && (since !== outcome?.atUtc || asOfUtc < since);
    });
    expect(wrong).toEqual([]);
    const reasons = new Set(named.map(({ outcome }) => outcome?.reason));
    const lasting = ['installLost', 'joinedLate', 'moved', 'patchesFailed', 'stoppedDuringSoak'];
    expect([...reasons]).toEqual(expect.arrayContaining(lasting));
  });

  test('an installation by hand holds only while it runs: it is never named after that, and the turn comes then', () => {
    const vmId = badlyEnded('race-2');
    const endUtc = month.events.find(
      ({ action, vm, rolloutId }) =>
        action === 'installCompleted' && vm.toLowerCase() === vmId && rolloutId === null,
    )?.at;
    expect(endOf('installInFlight') < String(endUtc)).toBe(true);
    expect(String(month.nextStart(vmId, '')) > String(endUtc)).toBe(true);
    const named = month.explained.filter(({ holds }) =>
      holds.some(({ reason }) => reason === 'installInFlight'),
    );
    expect(named.filter(({ asOfUtc }) => asOfUtc > String(endUtc))).toEqual([]);
  });

  test('what came late or was moved is installed only once its phase has proven something', () => {
    const provenUtc = month.events.find(
      ({ action, vm }) => action === 'healthProbed' && vm.includes('/plain-'),
    )?.at;
    for (const name of ['late', 'wanders'])
      expect(String(month.nextStart(badlyEnded(name), '')) > String(provenUtc)).toBe(true);
  });

  test('what is superseded was held to the last, by an approval that did not come or a halt', () => {
    const said = month.explained.filter(({ vmId }) => vmId === badlyEnded('never-approved'));
    expect(said.map(({ state }) => state)).toEqual(said.map(() => 'held'));
    const reasons = new Set(said.flatMap(({ holds }) => holds.map(({ reason }) => reason)));
    expect([...reasons].sort()).toEqual(['approvalPending', 'rolloutHalted']);
    expect(month.nextStart(badlyEnded('never-approved'), '')).toBeNull();
  });
});

describe('what `why` says in a rollout that is cancelled', () => {
  let month: ExplainedMonth;
  const CANCELLED_UTC = '2026-11-30T03:14:24';
  beforeAll(async () => {
    month = await cancelledMonth(anApi);
  });
  afterAll(() => month.close());

  test.each(RULES)('%s', (_rule, wrong) => {
    expect(wrong(month)).toEqual([]);
  });

  test('what runs then ends as it does; all else is not installed and ends for that reason, also what had been held', () => {
    const ends = [...month.outcomes].map(([vmId, { reason }]) => [vmId.split('/').at(-1), reason]);
    expect(ends).toEqual([
      ['never-approved', 'rolloutCancelled'],
      ['plain-1', 'installed'],
      ['plain-2', 'rolloutCancelled'],
      ['plain-3', 'rolloutCancelled'],
    ]);
    expect(month.explained.filter(({ vmId }) => month.nextStart(vmId, CANCELLED_UTC) !== null)).toEqual([]);
  });

  test('no start is said once it is cancelled', () => {
    const after = month.explained.filter(({ asOfUtc }) => asOfUtc > `${CANCELLED_UTC}.001`);
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter(({ start }) => start !== null)).toEqual([]);
  });
});

import { judgedAfterBakeUtc } from '../../domain/bake';
import { monthlyRollout } from '../../orchestrations/monthlyRollout';
import { counts, ROLLOUT } from '../support/fakeServices';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { ENDS, pace } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

type Activities = NonNullable<Scene['activities']>;
type Children = NonNullable<Scene['children']>;

const HOUR = 3600;
const DAY = 24 * HOUR;
const START = '2026-11-10T18:05:00.000Z';
const PHASES = [
  { phase: 'phase-1', regions: ['japaneast'] },
  { phase: 'phase-2', regions: ['eastus', 'northeurope'] },
  { phase: 'phase-3', regions: ['westus'] },
];

const later = (utc: string, seconds: number): string =>
  new Date(Date.parse(utc) + seconds * 1000).toISOString();

/** A month of three phases, each of which takes two days; its gate opens after one. */
function month(over: { activities?: Activities; children?: Children; earlyMs?: number } = {}): Promise<Run> {
  return replay(monthlyRollout, {
    instanceId: ROLLOUT,
    nowUtc: START,
    timersEarlyMs: over.earlyMs ?? 0,
    input: { rolloutId: ROLLOUT, generation: 1 },
    activities: {
      planRollout: () => ({ phases: PHASES, endsUtc: ENDS, pace }),
      openPhase: (_, nowUtc) => ({ startedUtc: nowUtc }),
      closeRollout: () => ({ counts: counts({ patched: 600 }) }),
      ...over.activities,
    },
    children: {
      awaitGo: () => ({ go: true, reason: null }),
      phaseRollout: ({ regions }) => after(2 * DAY, { regions: regions.length, failed: [] }),
      awaitGate: (_, _id, nowUtc) => after(DAY, { openedUtc: later(nowUtc, DAY) }),
      awaitCompletion: () => ({ complete: true }),
      judgeAfterBake: () => ({ probed: 0, unhealthy: 0 }),
      ...over.children,
    },
  });
}

const startOf = (run: Run, phase: string): string =>
  run.calls.find(({ name, input }) => name === 'phaseRollout' && (input as { phase: string }).phase === phase)
    ?.atUtc ?? 'never';

const phasesOf = (run: Run): unknown[] =>
  run.of('phaseRollout').map((input) => (input as { phase: string }).phase);

describe('R-103, R-201: a month', () => {
  it('plans, rolls out phase after phase, waits for the second chances, and closes', async () => {
    const run = await month();
    expect(run.output).toEqual({ counts: counts({ patched: 600 }) });
    expect(run.names).toEqual([
      'planRollout',
      ...['phase-1', 'phase-2', 'phase-3'].flatMap(() => [
        'awaitGo',
        'openPhase',
        'phaseRollout',
        'awaitGate',
        'judgeAfterBake',
      ]),
      ...['awaitCompletion', 'closeRollout'],
    ]);
  });

  it('names its children after its generation: a rollout that is started again has others', async () => {
    const { calls } = await month();
    for (const { id } of calls.filter(({ kind }) => kind === 'child'))
      expect(id).toMatch(/^rollout-2026-11\.1:/);
  });

  it('of a large fleet is planned and closed in steps, until there is nothing more to do', async () => {
    const asked: unknown[] = [];
    const run = await month({
      activities: {
        planRollout: () => ({
          phases: PHASES,
          endsUtc: ENDS,
          pace,
          goesOn: asked.push('plan') < 4,
        }),
        closeRollout: ({ from }) => ({
          counts: counts({ patched: 600 }),
          next: from === 'row-3' ? null : `row-${Number(from?.slice(4) ?? 0) + 1}`,
        }),
      },
    });
    expect(run.names.filter((name) => name === 'planRollout')).toHaveLength(4);
    expect(run.of('closeRollout').map((input) => (input as { from: string | null }).from)).toEqual([
      null,
      'row-1',
      'row-2',
      'row-3',
    ]);
    expect(run.output).toEqual({ counts: counts({ patched: 600 }) });
  });

  it('over an inventory without a VM waits for one, and is planned then', async () => {
    let looks = 0;
    const run = await month({
      activities: {
        planRollout: () => {
          looks += 1;
          return { phases: looks === 1 ? [] : PHASES, endsUtc: ENDS, pace, waitsForInventory: looks === 1 };
        },
      },
      children: { awaitInventory: () => after(3 * DAY, { planned: true }) },
    });
    expect(run.names.slice(0, 4)).toEqual(['planRollout', 'awaitInventory', 'planRollout', 'awaitGo']);
    expect(startOf(run, 'phase-1')).toBe(later(START, 3 * DAY));
    expect(run.of('awaitInventory')).toEqual([expect.objectContaining({ untilUtc: ENDS })]);
  });
});

describe('R-202, INV-6: the next phase', () => {
  it.each([0, 900])(
    'starts only after the gate of the one before has opened (timers %d ms early)',
    async (earlyMs) => {
      const run = await month({ earlyMs });
      const gates = run.calls
        .filter(({ name }) => name === 'awaitGate')
        .map(({ atUtc }) => later(atUtc, DAY));
      expect(startOf(run, 'phase-2') >= (gates[0] ?? '')).toBe(true);
      expect(startOf(run, 'phase-3') >= (gates[1] ?? '')).toBe(true);
    },
  );

  it('never starts when the gate does not open', async () => {
    const run = await month({
      children: {
        awaitGate: ({ phase }, _id, nowUtc) =>
          after(DAY, { openedUtc: phase === 'phase-2' ? null : later(nowUtc, DAY) }),
      },
    });
    expect(phasesOf(run)).toEqual(['phase-1', 'phase-2']);
    expect(run.names.slice(-2)).toEqual(['awaitCompletion', 'closeRollout']);
  });

  it('never starts when the regions are done but the gate holds', async () => {
    const run = await month({
      children: { awaitGate: () => after(20 * DAY, { openedUtc: null }) },
    });
    expect(phasesOf(run)).toEqual(['phase-1']);
  });

  it('never starts when the rollout has stopped: cancelled, superseded', async () => {
    const run = await month({
      children: {
        awaitGo: ({ phase }) =>
          phase === 'phase-1' ? { go: true, reason: null } : { go: false, reason: 'superseded' },
      },
    });
    expect(phasesOf(run)).toEqual(['phase-1']);
    expect(run.names.slice(-2)).toEqual(['awaitCompletion', 'closeRollout']);
  });

  it('INV-9: waits while the rollout is paused', async () => {
    const run = await month({
      children: {
        awaitGo: ({ phase }) => after(phase === 'phase-2' ? 3 * DAY : 0, { go: true, reason: null }),
      },
    });
    expect(startOf(run, 'phase-2')).toBe('2026-11-15T06:05:00.000Z');
  });
});

describe('the bake', () => {
  it('is twelve hours after the canary phase', async () => {
    const run = await month();
    expect(startOf(run, 'phase-2')).toBe(later(START, DAY + 12 * HOUR));
  });

  it('of later phases lasts until the next window: only windows that open after the gate count', async () => {
    const run = await month();
    const gateOpened = later(startOf(run, 'phase-2'), DAY);
    expect(startOf(run, 'phase-3')).toBe(later(gateOpened, HOUR / 2)); // half an hour, to see what dies after its reboot
    const fresh = run
      .of('phaseRollout')
      .map((input) => (input as { freshAfterUtc: string | null }).freshAfterUtc);
    expect(fresh).toEqual([null, null, gateOpened]);
  });

  it('of later phases may be a fixed time, by policy', async () => {
    const run = await month({
      activities: {
        planRollout: () => ({ phases: PHASES, endsUtc: ENDS, pace: { ...pace, bakeSeconds: 6 * HOUR } }),
      },
    });
    expect(startOf(run, 'phase-3')).toBe(later(startOf(run, 'phase-2'), DAY + 6 * HOUR));
  });
});

describe('after the bake', () => {
  const judged = (run: Run): (readonly [unknown, string])[] =>
    run.calls
      .filter(({ name }) => name === 'judgeAfterBake')
      .map(({ input, atUtc }) => [(input as { phase: string }).phase, atUtc]);

  it('the VMs of a phase are probed again, and only then the next phase is let go', async () => {
    const run = await month({
      children: { judgeAfterBake: () => after(HOUR, { probed: 5, unhealthy: 1 }) },
    });
    expect(judged(run)[0]).toEqual(['phase-1', later(START, DAY + 12 * HOUR)]);
    expect(startOf(run, 'phase-2')).toBe(later(START, DAY + 13 * HOUR));
    expect(run.names.indexOf('judgeAfterBake')).toBeLessThan(run.names.lastIndexOf('awaitGo'));
  });

  it('they are probed shortly before the first window of the next phase that opens after the gate, and the phase begins then', async () => {
    const run = await month({
      children: {
        awaitGate: (_, _id, nowUtc) =>
          after(DAY, { openedUtc: later(nowUtc, DAY), nextOpensUtc: later(nowUtc, DAY + 3 * HOUR) }),
      },
    });
    const gateOpened = later(startOf(run, 'phase-2'), DAY);
    const shortlyBefore = later(gateOpened, 3 * HOUR - 600);
    expect(judged(run)[1]).toEqual(['phase-2', shortlyBefore]);
    expect(startOf(run, 'phase-3')).toBe(shortlyBefore);
  });

  it('a halt for what was seen then holds the next phase', async () => {
    const run = await month({
      children: {
        awaitGo: ({ phase }) =>
          phase === 'phase-1' ? { go: true, reason: null } : after(3 * DAY, { go: true, reason: null }),
      },
    });
    expect(startOf(run, 'phase-2')).toBe(later(START, DAY + 12 * HOUR + 3 * DAY));
  });

  it('those of the last phase are probed, too, half an hour after its regions are done', async () => {
    const run = await month();
    const done = later(startOf(run, 'phase-3'), 2 * DAY);
    expect(judged(run).at(-1)).toEqual(['phase-3', later(done, HOUR / 2)]);
  });

  it('a look that fails does not stop the month', async () => {
    const run = await month({ children: { judgeAfterBake: () => failsAfter(60, 'lost') } });
    expect(run.failure).toBeNull();
    expect(phasesOf(run)).toEqual(['phase-1', 'phase-2', 'phase-3']);
  });

  it.each([
    ['a window that opens in ten hours', '2026-11-12T18:00:00.000Z', '2026-11-12T17:50:00.000Z'],
    ['one that opens in a week', '2026-11-19T08:00:00.000Z', '2026-11-13T08:00:00.000Z'],
    ['one that opens in five minutes', '2026-11-12T08:05:00.000Z', '2026-11-12T08:30:00.000Z'],
    ['no window that is known', null, '2026-11-12T08:30:00.000Z'],
  ])('before %s', (_when, windowUtc, expected) => {
    expect(judgedAfterBakeUtc('2026-11-12T08:00:00.000Z', windowUtc)).toBe(expected);
  });
});

describe('stragglers', () => {
  it('go on beside the next phase', async () => {
    const run = await month();
    expect(startOf(run, 'phase-2') < later(START, 2 * DAY)).toBe(true);
  });

  it('are waited for before the month is closed', async () => {
    const run = await month({
      children: {
        phaseRollout: ({ phase }) => after(phase === 'phase-1' ? 15 * DAY : DAY, { regions: 1, failed: [] }),
      },
    });
    const completed = run.calls.find(({ name }) => name === 'awaitCompletion')?.atUtc;
    expect(completed).toBe(later(START, 15 * DAY + HOUR / 2));
  });

  it('INV-8: a phase that fails as an orchestration does not keep the month from its end', async () => {
    const run = await month({
      children: {
        phaseRollout: ({ phase }) =>
          phase === 'phase-1' ? failsAfter(HOUR, 'lost') : after(DAY, { regions: 1, failed: [] }),
      },
    });
    expect(run.failure).toBeNull();
    expect(phasesOf(run)).toEqual(['phase-1', 'phase-2', 'phase-3']);
    expect(run.names.at(-1)).toBe('closeRollout');
  });
});

describe('a month without a VM to patch', () => {
  it('is closed at once', async () => {
    const run = await month({ activities: { planRollout: () => ({ phases: [], endsUtc: ENDS, pace }) } });
    expect(run.names).toEqual(['planRollout', 'awaitCompletion', 'closeRollout']);
  });
});

import type { decidePhaseGate, readControl } from '../../activities/contracts';
import type { Disruption } from '../../domain/disruption';
import { awaitClaim } from '../../orchestrations/awaitClaim';
import { awaitGate } from '../../orchestrations/awaitGate';
import { awaitGo } from '../../orchestrations/awaitGo';
import { awaitInstall } from '../../orchestrations/awaitInstall';
import { awaitCompletion } from '../../orchestrations/awaitCompletion';
import { aDisruption } from '../support/claims';
import { anInstallation } from '../support/fakeDriver';
import { WINDOW_CLOSES, WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';
import { replay, type Run } from '../support/replay';
import type { Scene } from '../support/scene';
import { ACQUIRE_BY, ENDS, pace, START_BY, vmId } from '../support/rolloutScene';

const NOW = WINDOW_OPENS;
const FIVE_DAYS_LATER = '2026-11-18T03:00:00.000Z';
const minutesOf = ({ calls }: Run): number[] =>
  calls
    .filter(({ kind }) => kind !== 'timer')
    .map(({ atUtc }) => (Date.parse(atUtc) - Date.parse(NOW)) / 60_000);

const LOOK_AGAIN = 'lookAgain';
const HOUR_MS = 3_600_000;
const wakesAt = (...instants: string[]): Scene['events'] =>
  instants.map((atUtc) => ({ name: LOOK_AGAIN, atUtc }));
const looksOf = (run: Run, activity: string): string[] =>
  run.calls.filter(({ name }) => name === activity).map(({ atUtc }) => atUtc);
const hoursLater = (hours: number): string => new Date(Date.parse(NOW) + hours * HOUR_MS).toISOString();

describe('awaitGo', () => {
  const awaiting = (
    answer: (nowUtc: string) => (typeof readControl.output)['_zod']['input'],
    over: { untilUtc?: string; events?: Scene['events']; earlyMs?: number; hours?: number } = {},
  ): Promise<Run> =>
    replay(awaitGo, {
      input: {
        rolloutId: ROLLOUT,
        phase: 'phase-1',
        region: 'eastus',
        pace: { ...pace, wakeFallbackSeconds: (over.hours ?? 1) * 3_600 },
        untilUtc: over.untilUtc ?? ENDS,
      },
      nowUtc: NOW,
      timersEarlyMs: over.earlyMs ?? 0,
      activities: { readControl: (_, nowUtc) => answer(nowUtc), recordWait: () => ({}) },
      ...(over.events && { events: over.events }),
    });
  const paused = { kind: 'wait', reason: 'rolloutPaused', why: 'paused' } as const;
  const pausedUntil =
    (utc: string) =>
    (nowUtc: string): (typeof readControl.output)['_zod']['input'] =>
      nowUtc < utc ? paused : { kind: 'go' };

  it('lets go at once what may go, and registers no wait', async () => {
    const { output, endedUtc, names } = await awaiting(() => ({ kind: 'go' }));
    expect(output).toEqual({ go: true, reason: null });
    expect(endedUtc).toBe(NOW);
    expect(names).toEqual(['readControl']);
  });

  it('INV-9: waits as long as a person pauses, and goes on in the moment in which it is woken', async () => {
    const resumedUtc = '2026-11-13T03:17:00.000Z';
    const run = await awaiting(pausedUntil(resumedUtc), { events: wakesAt(resumedUtc) });
    expect(run.output).toEqual({ go: true, reason: null });
    expect(run.endedUtc).toBe(resumedUtc);
    expect(looksOf(run, 'readControl')).toEqual([NOW, NOW, resumedUtc]);
  });

  it('registers the wait before the look that it sleeps after: a decision in between wakes it', async () => {
    const { names, of } = await awaiting(pausedUntil(hoursLater(1)), { events: wakesAt(hoursLater(1)) });
    expect(names).toEqual(['readControl', 'recordWait', 'readControl', 'recordWait', 'readControl']);
    const wait = { rolloutId: ROLLOUT, topic: 'control', instanceId: 'rollout-2026-11.1', untilUtc: ENDS };
    expect(of('recordWait')).toEqual([wait, wait]);
  });

  it('goes on waiting when it is woken and nothing has changed', async () => {
    const run = await awaiting(pausedUntil(hoursLater(0.5)), {
      events: wakesAt(hoursLater(0.25), hoursLater(0.5)),
    });
    expect(run.output).toEqual({ go: true, reason: null });
    expect(run.endedUtc).toBe(hoursLater(0.5));
  });

  it('looks again by itself after the time that is set: an event that is lost costs no more', async () => {
    const run = await awaiting(pausedUntil(hoursLater(5)), { hours: 2 });
    expect(run.output).toEqual({ go: true, reason: null });
    expect(run.endedUtc).toBe(hoursLater(6));
    expect(looksOf(run, 'readControl')).toEqual([NOW, ...[0, 2, 4, 6].map(hoursLater)]);
  });

  it('continues as new after each time that no event woke it, so that its history stays small', async () => {
    const run = await awaiting(pausedUntil(hoursLater(72)), { earlyMs: 700 });
    expect(run.output).toEqual({ go: true, reason: null });
    expect(run.generations).toHaveLength(72 + 1);
    expect(run.generations.at(-1)).toMatchObject({ rolloutId: ROLLOUT, region: 'eastus', untilUtc: ENDS });
  });

  it('continues as new after many events, too, and loses none of them meanwhile', async () => {
    const hours = Array.from({ length: 25 }, (_, n) => hoursLater((n + 1) / 60));
    const run = await awaiting(pausedUntil(hoursLater(25 / 60)), { events: wakesAt(...hours) });
    expect(run.endedUtc).toBe(hoursLater(25 / 60));
    expect(run.generations).toHaveLength(2);
  });

  it('says why nothing will start any more', async () => {
    const { output } = await awaiting(() => ({ kind: 'stop', reason: 'superseded' }));
    expect(output).toEqual({ go: false, reason: 'superseded' });
  });

  it('gives up when its time is up, without a reason of its own', async () => {
    const { output, endedUtc } = await awaiting(() => paused, { untilUtc: '2026-11-13T03:12:00.000Z' });
    expect(output).toEqual({ go: false, reason: null });
    expect(endedUtc).toBe('2026-11-13T03:12:00.000Z');
  });
});

describe('awaitInstall', () => {
  const awaiting = (
    answer: (
      nowUtc: string,
    ) =>
      { kind: 'running' } | { kind: 'lost' } | { kind: 'ended'; summary: ReturnType<typeof anInstallation> },
    untilUtc = '2026-11-13T07:00:00.000Z',
  ): Promise<Run> =>
    replay(awaitInstall, {
      input: { region: 'eastus', vmId, claimId: 'claim-1', sinceUtc: NOW, pace, untilUtc },
      nowUtc: NOW,
      activities: { collectInstall: (_, nowUtc) => answer(nowUtc) },
    });

  it('asks after one minute, two, four, then every five', async () => {
    const summary = anInstallation({ status: 'Succeeded' });
    const run = await awaiting((nowUtc) =>
      nowUtc < '2026-11-13T03:25:00.000Z' ? { kind: 'running' } : { kind: 'ended', summary },
    );
    expect(run.output).toEqual({ summary });
    expect(minutesOf(run)).toEqual([0, 1, 3, 7, 12, 17, 22, 27]);
  });

  it('has no summary of an installation that was lost', async () => {
    expect((await awaiting(() => ({ kind: 'lost' }))).output).toEqual({ summary: null });
  });

  it('has no summary of one that outlives its limit, and waits no longer', async () => {
    const { output, endedUtc, generations } = await awaiting(() => ({ kind: 'running' }));
    expect(output).toEqual({ summary: null });
    expect(endedUtc).toBe('2026-11-13T07:00:00.000Z');
    expect(generations).toEqual([]);
  });

  it('continues as new after fifty polls without starting its back-off again', async () => {
    const { generations, calls } = await awaiting(() => ({ kind: 'running' }), '2026-11-13T09:00:00.000Z');
    expect(generations).toHaveLength(1);
    const asked = calls.filter(({ kind }) => kind === 'activity').map(({ atUtc }) => Date.parse(atUtc));
    const pauses = asked.slice(4).map((at, n) => at - (asked[n + 3] ?? 0));
    expect(new Set(pauses.slice(0, -1))).toEqual(new Set([300_000]));
  });
});

describe('awaitClaim', () => {
  const refused = (...rules: string[]): unknown => ({
    kind: 'refused',
    because: rules.map((rule) => ({ rule, by: 'other-claim' })),
  });
  const awaiting = (
    answer: (nowUtc: string) => unknown,
    untilUtc = ACQUIRE_BY,
    over: {
      readonly refused?: { readonly rules: readonly string[]; readonly againUtc?: string };
      readonly disruption?: Disruption;
      readonly activities?: Scene['activities'];
      readonly events?: Scene['events'];
    } = {},
  ): Promise<Run> =>
    replay(awaitClaim, {
      input: {
        ...(over.refused && { refused: { granted: false, ...over.refused } }),
        claimId: 'claim-1',
        kind: 'rollout',
        ledger: 'eastus',
        disruption: over.disruption ?? aDisruption(),
        pace,
        untilUtc,
        startByUtc: START_BY,
        closesUtc: WINDOW_CLOSES,
        deadlineUtc: ENDS,
      },
      nowUtc: NOW,
      ...(over.activities && { activities: over.activities }),
      ...(over.events && { events: over.events }),
      entities: { disruptionLedger: (_operation, _input, _key, nowUtc) => answer(nowUtc) },
    });

  it('asks the ledger of its component, under its own id, for the window of the round', async () => {
    const { calls, output } = await awaiting(() => ({ kind: 'granted' }));
    expect(output).toEqual({ granted: true, rules: [] });
    expect(calls).toEqual([
      expect.objectContaining({
        name: 'disruptionLedger.tryAcquire',
        id: 'eastus',
        input: {
          claimId: 'claim-1',
          kind: 'rollout',
          disruption: aDisruption(),
          nowUtc: NOW,
          startByUtc: START_BY,
          expiresUtc: WINDOW_CLOSES,
          deadlineUtc: ENDS,
          ticketLapseSeconds: 900 + 3600, // it keeps its place while it sleeps
        },
      }),
    ]);
  });

  it('that was refused just now for what no release changes asks again after the first pause, and not before', async () => {
    const { calls, output } = await awaiting(() => ({ kind: 'granted' }), ACQUIRE_BY, {
      refused: { rules: ['setImpaired'] },
    });
    expect(output).toEqual({ granted: true, rules: [] });
    const asked = calls.filter(({ kind }) => kind === 'entity').map(({ atUtc }) => Date.parse(atUtc));
    expect(asked).toHaveLength(1);
    expect((asked[0] ?? 0) - Date.parse(NOW)).toBeGreaterThanOrEqual(pace.claimPollFirstSeconds * 1000);
  });

  it('that was refused just now for a claim of another round asks once more: what was released in between woke nothing', async () => {
    const { calls } = await awaiting(() => ({ kind: 'granted' }), ACQUIRE_BY, {
      refused: { rules: ['zones'] },
    });
    expect(calls.map(({ atUtc }) => atUtc)).toEqual([NOW]);
  });

  it('sleeps while another round holds the place, is woken by its release, and looks by itself once an hour', async () => {
    const releasedUtc = '2026-11-13T04:20:00.000Z';
    const run = await awaiting(
      (nowUtc) => (nowUtc < releasedUtc ? refused('zones', 'olderTicket') : { kind: 'granted' }),
      ACQUIRE_BY,
      { events: wakesAt(releasedUtc) },
    );
    expect(run.output).toEqual({ granted: true, rules: [] });
    expect(run.calls.filter(({ kind }) => kind === 'entity').map(({ atUtc }) => atUtc)).toEqual([
      NOW,
      '2026-11-13T04:00:00.000Z',
      releasedUtc,
    ]);
  });

  it('a refusal that says when to ask again is not asked before', async () => {
    const againUtc = new Date(Date.parse(NOW) + 3 * 3_600_000).toISOString();
    for (const over of [{}, { refused: { rules: ['nextRound'], againUtc } }]) {
      const { calls, output } = await awaiting(
        (nowUtc) =>
          nowUtc < againUtc ? { ...(refused('nextRound') as object), againUtc } : { kind: 'granted' },
        ACQUIRE_BY,
        over,
      );
      expect(output).toEqual({ granted: true, rules: [] });
      const asked = calls.filter(({ kind }) => kind === 'entity').map(({ atUtc }) => atUtc);
      expect(asked).toEqual('refused' in over ? [againUtc] : [NOW, againUtc]);
    }
  });

  it('INV-15: looks at a budget that is used up when members may be back, not all the while, and asks no ledger before', async () => {
    const disruption = { ...aDisruption(), budgets: [{ budget: 'shop', count: 1, max: 1 }] };
    const againUtc = new Date(Date.parse(NOW) + HOUR_MS).toISOString();
    const full = [{ budget: 'shop', down: 'shop-1' }];
    const { names, endedUtc } = await awaiting(() => ({ kind: 'granted' }), ACQUIRE_BY, {
      disruption,
      activities: {
        collectMembersDown: (_asked, nowUtc) =>
          nowUtc < againUtc ? { disruption, full, againUtc } : { disruption, full: [] },
      },
    });
    const ledger = 'disruptionLedger.tryAcquire';
    expect(names).toEqual(['collectMembersDown', 'collectMembersDown', ledger, ledger]);
    expect(endedUtc).toBe(againUtc);
  });

  it('INV-15: looks at no member of a budget while its region has no place for it', async () => {
    const disruption = { ...aDisruption(), budgets: [{ budget: 'shop', count: 1, max: 1 }] };
    const freeUtc = new Date(Date.parse(NOW) + HOUR_MS).toISOString();
    const { names } = await awaiting(
      (nowUtc) => (nowUtc < freeUtc ? refused('zones') : { kind: 'granted' }),
      ACQUIRE_BY,
      {
        disruption,
        activities: { collectMembersDown: () => ({ disruption, full: [] }) },
        events: wakesAt(freeUtc),
      },
    );
    const ledger = 'disruptionLedger.tryAcquire';
    expect(names.filter((name) => name !== ledger)).toEqual(['collectMembersDown', 'collectMembersDown']);
    expect(names.slice(-3)).toEqual([ledger, 'collectMembersDown', ledger]);
  });

  it.each(['zones', 'ledgerFull'])('asks often enough that its ticket never lapses (%s)', async (rule) => {
    const { calls } = await awaiting(() => refused(rule));
    const asked = calls.filter(({ kind }) => kind === 'entity');
    const [lapse] = asked.map(({ input }) => (input as { ticketLapseSeconds: number }).ticketLapseSeconds);
    const at = asked.map(({ atUtc }) => Date.parse(atUtc) / 1000);
    const pauses = at.slice(1).map((seconds, n) => seconds - (at[n] ?? 0));
    expect(Math.max(...pauses)).toBeLessThan((lapse ?? 0) - pace.ticketLapseSeconds / 2);
  });

  it('gives up when an installation would not fit any more, and says which rules stood in the way last', async () => {
    const { output, endedUtc } = await awaiting((nowUtc) =>
      nowUtc < '2026-11-13T09:00:00.000Z' ? refused('geoPair') : refused('zones', 'zones', 'olderTicket'),
    );
    expect(output).toEqual({ granted: false, rules: ['zones', 'olderTicket'] });
    expect(endedUtc).toBe(ACQUIRE_BY);
  });

  it('fails when the ledger does', async () => {
    const { failure } = await awaiting(() => {
      throw new Error('no operation');
    });
    expect(failure).toMatch(/no operation/);
  });
});

describe('awaitGate', () => {
  const awaiting = (
    answer: (nowUtc: string) => (typeof decidePhaseGate.output)['_zod']['input'],
    over: { untilUtc?: string; events?: Scene['events'] } = {},
  ): Promise<Run> =>
    replay(awaitGate, {
      input: { rolloutId: ROLLOUT, phase: 'phase-1', pace, untilUtc: over.untilUtc ?? ENDS },
      nowUtc: NOW,
      activities: { decidePhaseGate: (_, nowUtc) => answer(nowUtc), recordWait: () => ({}) },
      ...(over.events && { events: over.events }),
    });

  it('INV-6: waits for as long as the gate is not open, and says when it was opened', async () => {
    const openedUtc = '2026-11-15T03:00:00.000Z';
    const run = await awaiting(
      (nowUtc) =>
        nowUtc < openedUtc ? { kind: 'wait', why: 'no evidence' } : { kind: 'open', openedUtc, why: '' },
      { events: wakesAt(openedUtc) },
    );
    expect(run.output).toMatchObject({ openedUtc });
    expect(run.endedUtc).toBe(openedUtc);
    expect(new Set(run.of('recordWait').map((wait) => (wait as { topic: string }).topic))).toEqual(
      new Set(['gate~phase-1']),
    );
  });

  it('looks again at the instant at which time alone may decide it', async () => {
    const nextUtc = '2026-11-13T03:20:00.000Z';
    const run = await awaiting((nowUtc) =>
      nowUtc < nextUtc ? { kind: 'wait', why: '', nextUtc } : { kind: 'open', openedUtc: nowUtc, why: '' },
    );
    expect(run.output).toMatchObject({ openedUtc: nextUtc });
  });

  it('does not spin when the clock that names that instant is behind its own', async () => {
    const { calls } = await awaiting(() => ({ kind: 'wait', why: '', nextUtc: NOW }), {
      untilUtc: hoursLater(1 / 60),
    });
    expect(calls.filter(({ name }) => name === 'decidePhaseGate').length).toBeLessThanOrEqual(14);
  });

  it('ends without an opening when the rollout is over', async () => {
    const { output } = await awaiting(() => ({ kind: 'stop', reason: 'superseded' }));
    expect(output).toMatchObject({ openedUtc: null });
  });

  it('INV-6: never opens because time has passed', async () => {
    const { output, endedUtc } = await awaiting(() => ({ kind: 'wait', why: 'halted' }), {
      untilUtc: FIVE_DAYS_LATER,
    });
    expect(output).toMatchObject({ openedUtc: null });
    expect(endedUtc).toBe(FIVE_DAYS_LATER);
  });
});

describe('awaitCompletion', () => {
  const awaiting = (answer: (nowUtc: string) => boolean, events?: Scene['events']): Promise<Run> =>
    replay(awaitCompletion, {
      input: { rolloutId: ROLLOUT, pace, untilUtc: FIVE_DAYS_LATER },
      nowUtc: NOW,
      activities: { readCompletion: (_, nowUtc) => ({ complete: answer(nowUtc) }), recordWait: () => ({}) },
      ...(events && { events }),
    });

  it('waits for the second chances, and ends when it is woken after the last', async () => {
    const lastUtc = '2026-11-13T03:40:00.000Z';
    const { output, endedUtc, of } = await awaiting((nowUtc) => nowUtc >= lastUtc, wakesAt(lastUtc));
    expect(output).toEqual({ complete: true });
    expect(endedUtc).toBe(lastUtc);
    expect(of('recordWait')).toContainEqual(expect.objectContaining({ topic: 'completion' }));
  });

  it('INV-8: but not beyond the end of the rollout', async () => {
    const { output, endedUtc } = await awaiting(() => false);
    expect(output).toEqual({ complete: false });
    expect(endedUtc).toBe(FIVE_DAYS_LATER);
  });
});

import type { readControl } from '../../activities/contracts';
import { awaitClaim } from '../../orchestrations/awaitClaim';
import { awaitGate } from '../../orchestrations/awaitGate';
import { awaitGo } from '../../orchestrations/awaitGo';
import { awaitInstall } from '../../orchestrations/awaitInstall';
import { awaitSettled } from '../../orchestrations/awaitSettled';
import { aDisruption } from '../support/claims';
import { anInstallation } from '../support/fakeDriver';
import { NIGHT_CLOSES, NIGHT_OPENS, ROLLOUT } from '../support/fakeServices';
import { replay, type Run } from '../support/replay';
import { ACQUIRE_BY, ENDS, pace, START_BY, vmId } from '../support/rolloutScene';

const NOW = NIGHT_OPENS;
const FIVE_DAYS_LATER = '2026-11-18T03:00:00.000Z';
const minutesOf = ({ calls }: Run): number[] =>
  calls
    .filter(({ kind }) => kind !== 'timer')
    .map(({ atUtc }) => (Date.parse(atUtc) - Date.parse(NOW)) / 60_000);

describe('awaitGo', () => {
  const awaiting = (
    answer: (nowUtc: string) => (typeof readControl.output)['_zod']['input'],
    untilUtc = ENDS,
  ): Promise<Run> =>
    replay(awaitGo, {
      input: { rolloutId: ROLLOUT, phase: 'phase-1', region: 'eastus', pace, untilUtc },
      nowUtc: NOW,
      activities: { readControl: (_, nowUtc) => answer(nowUtc) },
    });
  const paused = { kind: 'wait', reason: 'rolloutPaused', why: 'paused' } as const;

  it('lets go at once what may go', async () => {
    const { output, endedUtc } = await awaiting(() => ({ kind: 'go' }));
    expect(output).toEqual({ go: true, reason: null });
    expect(endedUtc).toBe(NOW);
  });

  it('INV-9: waits as long as a person pauses, and looks again every five minutes', async () => {
    const run = await awaiting((nowUtc) => (nowUtc < '2026-11-13T03:20:00.000Z' ? paused : { kind: 'go' }));
    expect(run.output).toEqual({ go: true, reason: null });
    expect(minutesOf(run)).toEqual([0, 5, 10, 15, 20]);
  });

  it('says why nothing will start any more', async () => {
    const { output } = await awaiting(() => ({ kind: 'stop', reason: 'superseded' }));
    expect(output).toEqual({ go: false, reason: 'superseded' });
  });

  it('gives up when its time is up, without a reason of its own', async () => {
    const { output, endedUtc } = await awaiting(() => paused, '2026-11-13T03:12:00.000Z');
    expect(output).toEqual({ go: false, reason: null });
    expect(endedUtc).toBe('2026-11-13T03:12:00.000Z');
  });

  it('continues as new after every fifty polls, and keeps counting', async () => {
    const { generations, output, calls } = await awaiting((nowUtc) =>
      nowUtc < '2026-11-13T15:00:00.000Z' ? paused : { kind: 'go' },
    );
    expect(output).toEqual({ go: true, reason: null });
    const polls = generations.map((input) => (input as { polls: number }).polls);
    expect(polls).toEqual([51, 102]);
    expect(calls.filter(({ kind }) => kind === 'activity')).toHaveLength(145);
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
    because: rules.map((rule) => ({ rule, by: 'somebody' })),
  });
  const awaiting = (answer: (nowUtc: string) => unknown, untilUtc = ACQUIRE_BY): Promise<Run> =>
    replay(awaitClaim, {
      input: {
        claimId: 'claim-1',
        kind: 'rollout',
        ledger: 'eastus',
        disruption: aDisruption(),
        pace,
        untilUtc,
        startByUtc: START_BY,
        closesUtc: NIGHT_CLOSES,
        deadlineUtc: ENDS,
        catchUpSlotsMax: 1,
      },
      nowUtc: NOW,
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
          expiresUtc: NIGHT_CLOSES,
          deadlineUtc: ENDS,
          ticketLapseSeconds: 900,
          catchUpSlotsMax: 1,
        },
      }),
    ]);
  });

  it('polls often enough that its ticket never lapses', async () => {
    const { calls } = await awaiting(() => refused('zones'));
    const asked = calls.filter(({ kind }) => kind === 'entity').map(({ atUtc }) => Date.parse(atUtc));
    const pauses = asked.slice(1).map((at, n) => (at - (asked[n] ?? 0)) / 1000);
    expect(Math.max(...pauses)).toBeLessThan(pace.ticketLapseSeconds / 2);
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
    answer: (
      nowUtc: string,
    ) =>
      | { kind: 'wait'; why: string }
      | { kind: 'open'; openedUtc: string; why: string }
      | { kind: 'stop'; reason: 'superseded' },
    untilUtc = ENDS,
  ): Promise<Run> =>
    replay(awaitGate, {
      input: { rolloutId: ROLLOUT, phase: 'phase-1', pace, untilUtc },
      nowUtc: NOW,
      activities: { decidePhaseGate: (_, nowUtc) => answer(nowUtc) },
    });

  it('INV-6: waits for as long as the gate is not open, and says when it was opened', async () => {
    const openedUtc = '2026-11-15T03:00:00.000Z';
    const { output, generations } = await awaiting((nowUtc) =>
      nowUtc < openedUtc ? { kind: 'wait', why: 'no evidence' } : { kind: 'open', openedUtc, why: '' },
    );
    expect(output).toEqual({ openedUtc });
    expect(generations).toHaveLength(1);
  });

  it('ends without an opening when the rollout is over', async () => {
    expect((await awaiting(() => ({ kind: 'stop', reason: 'superseded' }))).output).toEqual({
      openedUtc: null,
    });
  });

  it('INV-6: never opens because time has passed', async () => {
    const { output, endedUtc } = await awaiting(() => ({ kind: 'wait', why: 'halted' }), FIVE_DAYS_LATER);
    expect(output).toEqual({ openedUtc: null });
    expect(endedUtc).toBe(FIVE_DAYS_LATER);
  });
});

describe('awaitSettled', () => {
  const awaiting = (answer: (nowUtc: string) => boolean): Promise<Run> =>
    replay(awaitSettled, {
      input: { rolloutId: ROLLOUT, pace, untilUtc: FIVE_DAYS_LATER },
      nowUtc: NOW,
      activities: { readCompletion: (_, nowUtc) => ({ complete: answer(nowUtc) }) },
    });

  it('waits for the second chances', async () => {
    const { output, endedUtc } = await awaiting((nowUtc) => nowUtc >= '2026-11-15T03:00:00.000Z');
    expect(output).toEqual({ settled: true });
    expect(endedUtc).toBe('2026-11-15T03:00:00.000Z');
  });

  it('INV-8: but not beyond the end of the rollout', async () => {
    const { output, endedUtc } = await awaiting(() => false);
    expect(output).toEqual({ settled: false });
    expect(endedUtc).toBe(FIVE_DAYS_LATER);
  });
});

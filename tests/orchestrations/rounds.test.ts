import { availabilitySetRollout } from '../../orchestrations/availabilitySetRollout';
import { WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';
import { aDisruption } from '../support/claims';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { aSlot, inRollout } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

type Activities = NonNullable<Scene['activities']>;
type Children = NonNullable<Scene['children']>;
type Chosen = ReturnType<NonNullable<Activities['chooseRound']>>;

const SET = { ...inRollout, region: 'eastus', stage: 'regional', group: 'web-123' };
const BEFORE = '2026-11-13T02:00:00.000Z';

/** This round of the set, in the window that opens then. */
function theRound(round: number, opensUtc = WINDOW_OPENS): Chosen {
  const later = (hours: number): string => new Date(Date.parse(opensUtc) + hours * 3_600_000).toISOString();
  return {
    kind: 'round',
    ...aSlot,
    ref: { ...aSlot.ref, stage: 'regional', group: 'web-123', round },
    opensUtc,
    acquireByUtc: later(6),
    startByUtc: later(6.5),
    closesUtc: later(8),
    disruption: aDisruption(),
  };
}

/** Rounds 1 to n, each as long as it is not done. */
const roundsUpTo =
  (last: number): NonNullable<Activities['chooseRound']> =>
  ({ done }, nowUtc) => {
    const next = Array.from({ length: last }, (_, n) => n + 1).find((n) => !done.includes(n));
    if (next === undefined) return { kind: 'none', reason: null };
    return theRound(next, nowUtc < WINDOW_OPENS ? WINDOW_OPENS : nowUtc);
  };

function scope(
  activities: Activities,
  updateDomainRollout: NonNullable<Children['updateDomainRollout']>,
  over: Readonly<Record<string, unknown>> = {},
): Promise<Run> {
  return replay(availabilitySetRollout, {
    input: { ...SET, ...over },
    nowUtc: BEFORE,
    instanceId: 'parent',
    activities: { endRounds: () => ({ ended: 0 }), ...activities },
    children: { updateDomainRollout },
  });
}

const ran = (): ReturnType<NonNullable<Children['updateDomainRollout']>> => after(3600, { kind: 'ran' });
const missed = (...rules: string[]): { kind: 'missed'; rules: string[] } => ({ kind: 'missed', rules });

describe('the rounds of a set', () => {
  it('run one after another, never two at once', async () => {
    const { output, calls } = await scope({ chooseRound: roundsUpTo(3) }, ran);
    expect(output).toEqual({ rounds: 3 });
    const started = calls.filter(({ kind }) => kind === 'child').map(({ atUtc }) => atUtc.slice(11, 16));
    expect(started).toEqual(['03:00', '04:00', '05:00']);
  });

  it('R-108: wait for their window before they ask for anything', async () => {
    const { calls } = await scope({ chooseRound: roundsUpTo(1) }, ran);
    expect(calls.find(({ kind }) => kind === 'child')?.atUtc).toBe(WINDOW_OPENS);
  });

  it('are chosen again each time, by what is still to do', async () => {
    const { of } = await scope({ chooseRound: roundsUpTo(2) }, ran);
    expect((of('chooseRound') as { done: number[] }[]).map(({ done }) => done)).toEqual([
      ...[[], [1], [1, 2]],
    ]);
  });

  it('know their place, and the windows they must not use', async () => {
    const freshAfterUtc = '2026-11-12T09:00:00.000Z';
    const { of } = await scope({ chooseRound: () => ({ kind: 'none', reason: null }) }, ran, {
      freshAfterUtc,
    });
    expect(of('chooseRound')).toEqual([
      {
        rolloutId: ROLLOUT,
        phase: 'phase-1',
        region: 'eastus',
        stage: 'regional',
        group: 'web-123',
        done: [],
        freshAfterUtc,
        endsUtc: inRollout.endsUtc,
      },
    ]);
  });

  it('that all have run need no ending', async () => {
    const { of } = await scope({ chooseRound: roundsUpTo(1) }, ran);
    expect(of('endRounds')).toEqual([]);
  });
});

describe('a round that was missed', () => {
  it('is tried again, but not before this window is over for it', async () => {
    let asked = 0;
    const { output, calls } = await scope({ chooseRound: roundsUpTo(1) }, () => {
      asked += 1;
      return asked === 1 ? missed('zones') : { kind: 'ran' };
    });
    expect(output).toEqual({ rounds: 1 });
    const starts = calls.filter(({ kind }) => kind === 'child').map(({ atUtc }) => atUtc);
    expect(starts).toEqual([WINDOW_OPENS, '2026-11-13T09:00:00.000Z']);
  });

  it('gets an instance of its own each time: one that is over is never started again', async () => {
    let asked = 0;
    const { calls } = await scope({ chooseRound: roundsUpTo(1) }, () => {
      asked += 1;
      return asked < 4 ? missed('zones') : { kind: 'ran' };
    });
    const ids = calls.filter(({ kind }) => kind === 'child').map(({ id }) => id);
    expect(ids).toEqual([1, 2, 3, 4].map((n) => `parent:1-${n}`));
  });

  it('of a catch-up is given up: the sweep comes again', async () => {
    const { of, output } = await scope({ chooseRound: roundsUpTo(2) }, () => missed('nextRound'), {
      kind: 'catchUp',
    });
    expect(output).toEqual({ rounds: 0 });
    expect(of('endRounds')).toEqual([expect.objectContaining({ reason: 'windowMissed', done: [] })]);
  });

  it('INV-13: because its set has an unhealthy VM leaves the rest of the set to be caught up', async () => {
    const { of } = await scope({ chooseRound: roundsUpTo(3) }, (_, id) =>
      id.endsWith(':1-1') ? { kind: 'ran' } : missed('setImpaired', 'olderTicket'),
    );
    expect(of('endRounds')).toEqual([expect.objectContaining({ reason: 'waitingForSet', done: [1] })]);
  });
});

describe('INV-8: rounds that will not run any more leave a reason', () => {
  it.each(['superseded', 'deadlinePassed'] as const)('because no window is left: %s', async (reason) => {
    const { of, output } = await scope({ chooseRound: () => ({ kind: 'none', reason }) }, ran);
    expect(of('endRounds')).toEqual([
      expect.objectContaining({ reason, done: [], stage: 'regional', group: 'web-123' }),
    ]);
    expect(output).toEqual({ rounds: 0 });
  });

  it.each(['superseded', 'rolloutCancelled', 'operatorSkipped'] as const)(
    'because the rollout stopped: %s',
    async (reason) => {
      const { of } = await scope({ chooseRound: roundsUpTo(3) }, () => ({ kind: 'stopped', reason }));
      expect(of('updateDomainRollout')).toHaveLength(1);
      expect(of('endRounds')).toEqual([expect.objectContaining({ reason })]);
    },
  );

  it('a round that failed as an orchestration is not tried again blindly; the others go on', async () => {
    const { output, of } = await scope({ chooseRound: roundsUpTo(2) }, (_, id) =>
      id.endsWith(':1-1') ? failsAfter(60, 'out of memory') : { kind: 'ran' },
    );
    expect(output).toEqual({ rounds: 2 });
    expect(of('updateDomainRollout')).toHaveLength(2);
  });
});

describe('a set of very many rounds', () => {
  it('continues as new, forgets nothing, and never starts one twice', async () => {
    const { generations, output, calls } = await scope({ chooseRound: roundsUpTo(130) }, () => ({
      kind: 'ran',
    }));
    expect(output).toEqual({ rounds: 130 });
    expect(generations).toHaveLength(2);
    const rounds = calls
      .filter(({ name }) => name === 'updateDomainRollout')
      .map(({ input }) => (input as { ref: { round: number } }).ref.round);
    expect(rounds).toEqual(Array.from({ length: 130 }, (_, n) => n + 1));
  });
});

import { availabilitySetsRollout } from '../../orchestrations/availabilitySetsRollout';
import { batchRollout } from '../../orchestrations/batchRollout';
import { zoneRollout } from '../../orchestrations/zoneRollout';
import { aDisruption } from '../support/claims';
import { ROLLOUT, WINDOW_OPENS } from '../support/fakeServices';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { aSlot, inRollout } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

type Activities = NonNullable<Scene['activities']>;
type Children = NonNullable<Scene['children']>;
type Taken = ReturnType<NonNullable<Activities['takeRound']>>;

const HOUR = 3600;
const ZONE = { ...inRollout, region: 'eastus', stage: 'zone-1' };
const LANE = { lane: 2, lanes: 3, queue: 'zone:batch-1' };

const ran = { kind: 'ran' } as const;

const childrenOf = ({ calls }: Run): Run['calls'] => calls.filter(({ kind }) => kind === 'child');

describe('the batches of a zone', () => {
  it('R-206: run one after another, each with its rounds side by side as many as fit', async () => {
    const run = await replay(zoneRollout, {
      instanceId: 'zone',
      input: {
        ...ZONE,
        batches: [
          { group: 'batch-1', rounds: 1, atOnce: 1 },
          { group: 'batch-2', rounds: 7, atOnce: 3 },
        ],
      },
      children: { batchRollout: ({ lane }) => after(lane.lane * HOUR, { rounds: 2 }) },
    });
    expect(run.output).toEqual({ rounds: 8 });
    expect(childrenOf(run).map(({ id, atUtc }) => [id, atUtc.slice(11, 16)])).toEqual([
      ['zone:batch-1:1', '22:00'],
      ['zone:batch-2:1', '23:00'],
      ['zone:batch-2:2', '23:00'],
      ['zone:batch-2:3', '23:00'],
    ]);
    expect(childrenOf(run).at(-1)?.input).toMatchObject({
      group: 'batch-2',
      rounds: 7,
      lane: { lane: 3, lanes: 3, queue: 'zone:batch-2' },
    });
  });

  it('the next does not wait for stragglers of the one before; the zone does', async () => {
    const batches = [1, 2].map((n) => ({ group: `batch-${n}`, rounds: 1, atOnce: 1 }));
    const stragglers = { ...inRollout, ...aSlot, disruption: aDisruption(), call: 9, claimId: 'slow' };
    const run = await replay(zoneRollout, {
      instanceId: 'zone',
      input: { ...ZONE, batches },
      children: {
        batchRollout: ({ group }) =>
          after(HOUR, group === 'batch-1' ? { rounds: 1, stragglers } : { rounds: 1 }),
        updateDomainRollout: () => after(3 * HOUR, ran),
      },
    });
    expect(run.output).toEqual({ rounds: 2 });
    expect(childrenOf(run).map(({ id, atUtc }) => [id, atUtc.slice(11, 16)])).toEqual([
      ['zone:batch-1:1', '22:00'],
      ['zone:batch-2:1', '23:00'],
      [`zone:batch-1:stragglers-${aSlot.ref.round}`, '23:00'],
    ]);
    expect(run.of('updateDomainRollout')).toMatchObject([{ claimId: 'slow', call: 9 }]);
    expect(run.endedUtc.slice(11, 16)).toBe('02:00');
  });

  it('go on when a lane of the one before failed as an orchestration', async () => {
    const batches = [1, 2].map((n) => ({ group: `batch-${n}`, rounds: 1, atOnce: 1 }));
    const run = await replay(zoneRollout, {
      input: { ...ZONE, batches },
      children: {
        batchRollout: ({ group }) => (group === 'batch-1' ? failsAfter(60, 'lost') : { rounds: 1 }),
      },
    });
    expect(run.output).toEqual({ rounds: 1 });
  });
});

const theRound = (round: number): Taken => {
  const hours = (n: number): string => new Date(Date.parse(WINDOW_OPENS) + n * 3_600_000).toISOString();
  return {
    kind: 'round',
    ...aSlot,
    ref: { ...aSlot.ref, round },
    opensUtc: WINDOW_OPENS,
    acquireByUtc: hours(6),
    startByUtc: hours(6.5),
    closesUtc: hours(8),
    disruption: aDisruption(),
  };
};

function lane(
  takeRound: NonNullable<Activities['takeRound']>,
  updateDomainRollout: NonNullable<Children['updateDomainRollout']>,
  over: Readonly<Record<string, unknown>> = {},
): Promise<Run> {
  return replay(batchRollout, {
    instanceId: 'zone:batch-1:2',
    input: { ...ZONE, group: 'batch-1', rounds: 9, lane: LANE, ...over },
    nowUtc: '2026-11-13T02:00:00.000Z',
    activities: { takeRound, endRounds: () => ({ ended: 0 }) },
    children: { updateDomainRollout },
  });
}

/** Rounds 2, 5 and 8, in the order in which they are asked for. */
const threeRounds: NonNullable<Activities['takeRound']> = ({ lane: { take }, again }) => {
  if (again !== null) return theRound(again);
  return take > 3 ? { kind: 'none', reason: null, round: null } : theRound(3 * take - 1);
};

describe('a lane of a batch', () => {
  it('takes the next round when the last has run, and ends when none is left', async () => {
    const run = await lane(threeRounds, () => after(HOUR, ran));
    expect(run.output).toEqual({ rounds: 3 });
    expect(childrenOf(run).map(({ id, atUtc }) => [id, atUtc.slice(11, 16)])).toEqual([
      ['zone:batch-1:2:2-1', '03:00'],
      ['zone:batch-1:2:5-2', '04:00'],
      ['zone:batch-1:2:8-3', '05:00'],
    ]);
    const asked = run.of('takeRound') as { lane: { take: number } }[];
    expect(asked.map((input) => input.lane.take)).toEqual([1, 2, 3, 4]);
  });

  it('leaves the stragglers of its only round to the zone; one with more rounds, and one of a catch-up, waits for them', async () => {
    const leftOf = async (rounds: number, kind: 'rollout' | 'catchUp'): Promise<unknown> => {
      const { output } = await lane(
        ({ lane: { take } }) => (take > 2 ? { kind: 'none', reason: null, round: null } : theRound(take)),
        (asked) =>
          asked.leavesStragglers === true ? { kind: 'ran', stragglers: { ...asked, claimId: 'slow' } } : ran,
        { kind, rounds },
      );
      return output;
    };
    expect(await leftOf(3, 'rollout')).toMatchObject({
      rounds: 1,
      stragglers: { claimId: 'slow', ref: { round: 1 } },
    });
    expect(await leftOf(4, 'rollout')).toEqual({ rounds: 2 });
    expect(await leftOf(3, 'catchUp')).toEqual({ rounds: 1 });
  });

  it('keeps a round that was not granted, and tries it again when its window is over', async () => {
    let tries = 0;
    const run = await lane(threeRounds, () => {
      tries += 1;
      return tries === 1 ? { kind: 'missed', rules: ['zones'] } : ran;
    });
    expect(run.output).toEqual({ rounds: 3 });
    const asked = run.of('takeRound') as { lane: { take: number }; again: number | null }[];
    expect(asked.map((input) => [input.lane.take, input.again])).toEqual([
      [1, null],
      [1, 2],
      [2, null],
      [3, null],
      [4, null],
    ]);
    expect(childrenOf(run).map(({ atUtc }) => atUtc)).toEqual([
      WINDOW_OPENS,
      ...new Array<string>(3).fill('2026-11-13T09:00:00.000Z'),
    ]);
  });

  it('passes over a round that has run before the rollout was started again', async () => {
    const run = await lane(
      (input) => (input.lane.take === 1 ? { kind: 'past' } : threeRounds(input, '')),
      () => ran,
    );
    expect(run.output).toEqual({ rounds: 2 });
  });

  it('INV-8: that can go no further ends its own round and all that no lane has taken', async () => {
    const stopped = { kind: 'stopped', reason: 'superseded' } as const;
    const { of } = await lane(threeRounds, () => stopped);
    expect(of('endRounds')).toEqual([
      {
        rolloutId: ROLLOUT,
        phase: 'phase-1',
        region: 'eastus',
        stage: 'zone-1',
        group: 'batch-1',
        done: [],
        batch: { rounds: 9, own: 2, lane: { ...LANE, take: 2 } },
        reason: 'superseded',
      },
    ]);
  });

  it('INV-8: that ends very many rounds goes on until all are ended', async () => {
    let calls = 0;
    const run = await replay(batchRollout, {
      instanceId: 'zone:batch-1:2',
      input: { ...ZONE, group: 'batch-1', rounds: 9, lane: LANE },
      nowUtc: '2026-11-13T02:00:00.000Z',
      activities: {
        takeRound: () => ({ kind: 'none', reason: 'superseded', round: 2 }),
        endRounds: () => ({ ended: 10, more: (calls += 1) < 3 }),
      },
    });
    expect(run.of('endRounds')).toHaveLength(3);
    expect(new Set(run.of('endRounds').map((input) => JSON.stringify(input))).size).toBe(1);
  });

  it('INV-8: with a round that has no window left ends that one, and the rest', async () => {
    const { of, output } = await lane(
      () => ({ kind: 'none', reason: 'deadlinePassed', round: 2 }),
      () => ran,
    );
    expect(output).toEqual({ rounds: 0 });
    expect(of('endRounds')).toEqual([
      expect.objectContaining({
        reason: 'deadlinePassed',
        batch: expect.objectContaining({ own: 2 }) as unknown,
      }),
    ]);
  });

  it('of a catch-up is given up when it is not granted: the sweep comes again', async () => {
    const missed = { kind: 'missed', rules: ['nextRound'] } as const;
    const { of } = await lane(threeRounds, () => ({ ...missed, rules: [...missed.rules] }), {
      kind: 'catchUp',
    });
    expect(of('endRounds')).toEqual([expect.objectContaining({ reason: 'windowMissed' })]);
  });

  it('continues as new after many rounds, forgets nothing, and never starts one twice', async () => {
    const run = await lane(
      ({ lane: { take } }) => (take > 130 ? { kind: 'none', reason: null, round: null } : theRound(take)),
      () => ran,
      { rounds: 130 },
    );
    expect(run.output).toEqual({ rounds: 130 });
    expect(run.generations.length).toBeGreaterThan(1);
    const rounds = run.calls
      .filter(({ name }) => name === 'updateDomainRollout')
      .map(({ input }) => (input as { ref: { round: number } }).ref.round);
    expect(rounds).toEqual(Array.from({ length: 130 }, (_, n) => n + 1));
  });
});

describe('a lane of sets', () => {
  const sets = (count: number): Promise<Run> =>
    replay(availabilitySetsRollout, {
      instanceId: 'region:regional:sets-2',
      input: {
        ...ZONE,
        stage: 'regional',
        sets: count,
        lane: { lane: 2, lanes: 60, queue: 'region:regional' },
      },
      activities: { takeSet: ({ lane: { take } }) => ({ group: take > count ? null : `set-${take}` }) },
      children: {
        availabilitySetRollout: ({ group }) =>
          group === 'set-2' ? failsAfter(60, 'lost') : after(HOUR, { rounds: 5 }),
      },
    });

  it('takes the next set when the last is over, and goes on when one fails as an orchestration', async () => {
    const run = await sets(3);
    expect(run.output).toEqual({ rounds: 10 });
    expect(childrenOf(run).map(({ id, atUtc }) => [id, atUtc.slice(11, 16)])).toEqual([
      ['region:regional:set-1', '22:00'],
      ['region:regional:set-2', '23:00'],
      ['region:regional:set-3', '23:01'],
    ]);
  });

  it('continues as new after many sets, and takes none twice', async () => {
    const run = await sets(100);
    expect(run.output).toEqual({ rounds: 99 * 5 });
    expect(run.generations.length).toBeGreaterThan(1);
  });
});

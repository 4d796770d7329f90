import { chooseRound } from '../../activities/chooseRound';
import { roundOf } from '../../activities/round/roundOf';
import { keyOf } from '../../domain/ids';
import { addSeconds } from '../../domain/instants';
import type { Policy } from '../../domain/policy';
import { catchUpIdOf, phaseIdOf } from '../../domain/phaseId';
import type { RoundPlan } from '../../store/plans';
import { aSet, vmsOf } from '../support/builders';
import { aRecord, aRound, someServices, WINDOW_CLOSES, WINDOW_OPENS, ROLLOUT } from '../support/fakeServices';
import { ENDS } from '../support/rolloutScene';

const SCOPE = {
  rolloutId: ROLLOUT,
  phase: phaseIdOf(1),
  region: 'eastus',
  stage: 'zone-1',
  group: 'batch-1',
  done: [],
  freshAfterUtc: null,
  endsUtc: ENDS,
};
const CATCH_UP = catchUpIdOf('2026-11-11T22:10:00.000Z');
const AFTERNOON = '2026-11-12T20:00:00.000Z';

async function choose(
  rounds: readonly RoundPlan[],
  over: Readonly<Record<string, unknown>> = {},
  given: { nowUtc?: string; policy?: Partial<Policy>; ran?: readonly number[] } = {},
): Promise<unknown> {
  const { nowUtc = AFTERNOON, policy = {}, ran = [] } = given;
  const services = await someServices({ nowUtc, policy });
  await services.plans.addRounds(ROLLOUT, rounds);
  for (const round of ran) await services.rollouts.saveRound(ROLLOUT, aRecord({ round }));
  return services.run(chooseRound, { ...SCOPE, ...over });
}

const chosen = (round: number, over: object = {}): unknown =>
  expect.objectContaining({ kind: 'round', ref: expect.objectContaining({ round }) as unknown, ...over });
const NOTHING = { kind: 'none', reason: null };

describe('the next round', () => {
  it('R-108: has the window of its VMs, as instants', async () => {
    expect(await choose([aRound({ vmIds: vmsOf(3).map(({ id }) => id) })])).toEqual({
      kind: 'round',
      isLast: true,
      ref: {
        rolloutId: ROLLOUT,
        phase: phaseIdOf(1),
        region: 'eastus',
        stage: 'zone-1',
        group: 'batch-1',
        round: 1,
      },
      opensUtc: WINDOW_OPENS,
      acquireByUtc: '2026-11-13T09:25:00.000Z',
      startByUtc: '2026-11-13T09:35:00.000Z',
      closesUtc: WINDOW_CLOSES,
      disruption: {
        region: 'eastus',
        zone: '1',
        availabilitySetId: null,
        updateDomain: null,
        count: 3,
        shareMax: null,
      },
      ledger: 'eastus',
    });
  });

  it('is the one whose window opens first, wherever in the plan it stands', async () => {
    const rounds = [
      aRound({ round: 1 }),
      aRound({ round: 2, timeZones: ['Europe/London'] }),
      aRound({ round: 3, timeZones: ['Asia/Kathmandu'] }),
    ];
    expect(await choose(rounds)).toEqual(chosen(3, { opensUtc: AFTERNOON }));
    expect(await choose(rounds, { done: [3] })).toEqual(chosen(2, { opensUtc: '2026-11-12T22:00:00.000Z' }));
  });

  it('of several in one window is the one planned first', async () => {
    expect(await choose([aRound({ round: 1 }), aRound({ round: 2 })])).toEqual(chosen(1));
  });

  it("is none that has run, by the caller's account or by the record", async () => {
    const rounds = [1, 2, 3].map((round) => aRound({ round }));
    expect(await choose(rounds, { done: [1] }, { ran: [2] })).toEqual(chosen(3));
    expect(await choose(rounds, { done: [1, 3] }, { ran: [2] })).toEqual(NOTHING);
  });

  it('is none of another stage, another region or a set', async () => {
    const web = aSet('web');
    const elsewhere = [
      aRound({ stage: 'zone-2', zone: '2' }),
      aRound({ region: 'westus' }),
      aRound({ phase: phaseIdOf(2) }),
      aRound({ kind: 'availabilitySet', availabilitySetId: web, group: keyOf(web), setSize: 10 }),
    ];
    expect(await choose(elsewhere)).toEqual(NOTHING);
  });

  it('R-207: of a set carries its update domain and the share of the whole set', async () => {
    const web = aSet('web');
    const group = keyOf(web);
    const vmIds = vmsOf(2).map(({ id }) => id);
    const set = aRound({
      kind: 'availabilitySet',
      availabilitySetId: web,
      group,
      setSize: 15,
      updateDomain: 4,
      stage: 'regional',
      zone: null,
      vmIds,
    });
    expect(await choose([set, aRound({ stage: 'regional' })], { stage: 'regional', group })).toEqual(
      chosen(1, {
        disruption: {
          region: 'eastus',
          zone: null,
          availabilitySetId: web,
          updateDomain: 4,
          count: 2,
          shareMax: 3,
        },
      }),
    );
  });

  it('is granted by the ledger of all regions that could be in its way', async () => {
    const ledgers = ['southcentralus', 'northcentralus', 'brazilsouth'].map((region) =>
      choose([aRound({ region })], { region }),
    );
    const keys = (await Promise.all(ledgers)).map((next) => (next as { ledger: string }).ledger);
    expect(new Set(keys).size).toBe(1);
  });
});

describe('R-108, INV-4: its window', () => {
  it('that is open already is open from now', async () => {
    const nowUtc = '2026-11-13T05:00:00.000Z';
    expect(await choose([aRound()], {}, { nowUtc })).toEqual(chosen(1, { opensUtc: nowUtc }));
  });

  it.each(['2026-11-13T09:25:00.000Z', '2026-11-13T10:59:00.000Z'])(
    'of which too little is left is not offered again: the next window is (%s)',
    async (nowUtc) => {
      expect(await choose([aRound()], {}, { nowUtc })).toEqual(
        chosen(1, { opensUtc: '2026-11-14T03:00:00.000Z' }),
      );
    },
  );

  it('of a catch-up lets rounds of a rollout ask first when its window opens', async () => {
    const later = [aRound({ phase: CATCH_UP })];
    const over = { phase: CATCH_UP };
    expect(await choose(later, over)).toEqual(chosen(1, { opensUtc: addSeconds(WINDOW_OPENS, 300) }));
    expect(await choose([aRound()])).toEqual(chosen(1, { opensUtc: WINDOW_OPENS }));
    const nowUtc = addSeconds(WINDOW_OPENS, 60);
    expect(await choose(later, over, { nowUtc })).toEqual(chosen(1, { opensUtc: nowUtc }));
  });

  it('for VMs of two time zones is what their windows share', async () => {
    const timeZones = ['America/New_York', 'America/Chicago'];
    expect(await choose([aRound({ timeZones })])).toEqual(
      chosen(1, { opensUtc: '2026-11-13T04:00:00.000Z', closesUtc: WINDOW_CLOSES }),
    );
  });

  it('until the next window after a gate counts only when it opens after it', async () => {
    const freshAfterUtc = '2026-11-13T04:00:00.000Z';
    expect(await choose([aRound()], { freshAfterUtc }, { nowUtc: '2026-11-13T05:00:00.000Z' })).toEqual(
      chosen(1, { opensUtc: '2026-11-14T03:00:00.000Z' }),
    );
  });

  it.each([
    [
      'the window in which the clocks go back',
      'America/New_York',
      '2026-10-31T12:00:00.000Z',
      '2026-11-01T02:00:00.000Z',
      '2026-11-01T11:00:00.000Z',
    ],
    [
      'the window in which the clocks go forward',
      'America/New_York',
      '2027-03-13T12:00:00.000Z',
      '2027-03-14T03:00:00.000Z',
      '2027-03-14T10:00:00.000Z',
    ],
    [
      'three quarters of an hour off',
      'Asia/Kathmandu',
      '2026-11-13T02:00:00.000Z',
      '2026-11-13T16:15:00.000Z',
      '2026-11-14T00:15:00.000Z',
    ],
    [
      'half an hour of summer time',
      'Australia/Lord_Howe',
      '2026-11-13T00:00:00.000Z',
      '2026-11-13T11:00:00.000Z',
      '2026-11-13T19:00:00.000Z',
    ],
  ])('follows the clocks of its time zone: %s', async (_what, zone, nowUtc, opensUtc, closesUtc) => {
    const next = await choose(
      [aRound({ timeZones: [zone] })],
      { endsUtc: '2027-12-31T00:00:00.000Z' },
      { nowUtc },
    );
    expect(next).toEqual(chosen(1, { opensUtc, closesUtc }));
  });

  it('is always open where a policy says so', async () => {
    const policy = { offPeakOpens: '00:00', offPeakCloses: '00:00' };
    expect(await choose([aRound()], {}, { policy })).toEqual(chosen(1, { opensUtc: AFTERNOON }));
    const freshAfterUtc = '2026-11-12T19:00:00.000Z';
    expect(await choose([aRound()], { freshAfterUtc }, { policy })).toEqual(
      chosen(1, { opensUtc: AFTERNOON }),
    );
  });
});

describe('INV-8: the end of the rollout', () => {
  it('closes the last window early', async () => {
    const endsUtc = '2026-11-13T08:00:00.000Z';
    expect(await choose([aRound()], { endsUtc })).toEqual(chosen(1, { closesUtc: endsUtc }));
  });

  it('leaves no window that has no room for an installation: the rounds end with its reason', async () => {
    const endsUtc = '2026-11-13T04:30:00.000Z';
    expect(await choose([aRound()], { endsUtc })).toEqual({ kind: 'none', reason: 'superseded' });
  });

  it('names the deadline when that is what ended it', async () => {
    const services = await someServices({ control: { endsBecause: 'deadlinePassed' }, nowUtc: ENDS });
    await services.plans.addRounds(ROLLOUT, [aRound()]);
    expect(await services.run(chooseRound, SCOPE)).toEqual({ kind: 'none', reason: 'deadlinePassed' });
  });
});

describe('the VMs of a round', () => {
  it('are those of the plan', async () => {
    const vmIds = vmsOf(4).map(({ id }) => id);
    const services = await someServices();
    await services.plans.addRounds(ROLLOUT, [aRound({ round: 1 }), aRound({ round: 2, vmIds })]);
    const ref = {
      rolloutId: ROLLOUT,
      phase: phaseIdOf(1),
      region: 'eastus',
      stage: 'zone-1',
      group: 'batch-1',
    };
    expect(await roundOf(services, { ...ref, round: 2 })).toMatchObject({ vmIds });
    await expect(roundOf(services, { ...ref, round: 3 })).rejects.toThrow(/no round/);
  });
});

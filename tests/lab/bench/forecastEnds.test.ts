import { Month, RolloutId, VmId } from '../../../domain/ids';
import { defaultPolicy } from '../../../domain/policy';
import { noOutcomes } from '../../../domain/outcomeCounts';
import { outcomeOf } from '../../../domain/outcome';
import { phaseIdOf } from '../../../domain/phaseId';
import { because, type Because } from '../../../domain/reasons';
import { describeEnds, phaseEnds, type PhaseEnd } from '../../../lab/bench/forecastEnds';
import { memoryStore } from '../../../store/memoryTable';
import { outcomeStore } from '../../../store/outcomes';
import { planStore } from '../../../store/plans';
import { rolloutStore } from '../../../store/rollouts';

const MONTH = Month.parse('2026-11');
const ID = RolloutId.parse('rollout-2026-11');
const FORECAST = '2026-11-13T10:00:00.000Z';
const hoursAfter = (hours: number): string =>
  new Date(Date.parse(FORECAST) + hours * 3_600_000).toISOString();
const place = { phase: phaseIdOf(1), region: 'eastus', stage: 'regional' };
const idOf = (group: string, vm: number): VmId =>
  VmId.parse(`/subscriptions/s/resourcegroups/rg/providers/microsoft.compute/virtualmachines/${group}-${vm}`);

interface Ended {
  readonly group: string;
  readonly hoursLate: number;
  readonly outcomes?: readonly Because[];
}

/** A phase with a round for each of these sets, whose VMs had these outcomes an hour before. */
async function endOf(sets: readonly Ended[]): Promise<PhaseEnd | undefined> {
  const store = memoryStore();
  const phase = {
    phase: place.phase,
    regions: ['eastus'],
    vmCount: sets.length,
    expectedStartUtc: FORECAST,
    expectedEndUtc: FORECAST,
  };
  await store.table('plans').upsert(ID, ' summary', {
    rolloutId: ID,
    releasedUtc: '2026-11-10T18:00:00.000Z',
    endsUtc: '2026-12-08T18:00:00.000Z',
    vmCount: sets.length,
    ineligibleCount: 0,
    lateCount: 0,
    phases: [phase],
  });
  for (const { group, hoursLate, outcomes = [] } of sets) {
    await planStore(store).addRounds(ID, [
      {
        ...place,
        zone: null,
        group,
        kind: 'availabilitySet',
        availabilitySetId: null,
        setSize: 2,
        round: 1,
        updateDomain: 0,
        vmIds: [idOf(group, 0), idOf(group, 1)],
        timeZones: ['UTC'],
        subscriptions: [],
        delaySeconds: 0,
        cohort: 0,
        atOnce: 1,
        expectedStartUtc: FORECAST,
        expectedEndUtc: FORECAST,
      },
    ]);
    await outcomeStore(store).save(
      ID,
      outcomes.map((why, vm) => ({
        ...outcomeOf(idOf(group, vm), hoursAfter(hoursLate - 1), why),
        phase: place.phase,
        region: 'eastus',
        installation: null,
      })),
    );
    const round = { ...place, group, round: 1, atUtc: hoursAfter(hoursLate), counts: noOutcomes };
    await rolloutStore(store).saveRound(ID, round);
  }
  return (await phaseEnds(store, ID, MONTH, defaultPolicy))[0];
}

const WAITED = because('waitingForSet');
const UNHEALTHY = because('unknownTooLong', { because: 'the VM agent is notReady' });

describe('the end of a phase beside its forecast', () => {
  it('is as forecast within a window, and not a minute more', async () => {
    expect((await endOf([{ group: 'web', hoursLate: 24 }]))?.isMet).toBe(true);
    expect((await endOf([{ group: 'web', hoursLate: -24 }]))?.isMet).toBe(true);
    expect((await endOf([{ group: 'web', hoursLate: 24.02 }]))?.isMet).toBe(false);
  });

  it('is shown with and without a set that waited for an unhealthy VM of its own, which is named', async () => {
    const end = await endOf([
      { group: 'web', hoursLate: 45, outcomes: [UNHEALTHY, WAITED] },
      { group: 'sql', hoursLate: 2 },
    ]);
    expect(end).toMatchObject({ endedUtc: hoursAfter(45), isMet: false });
    expect(end).toMatchObject({ othersEndedUtc: hoursAfter(2), isMetByOthers: true });
    expect(describeEnds(end === undefined ? [] : [end])).toEqual([
      `phase-1: forecast ${FORECAST}, ended ${hoursAfter(45)} (off): web in eastus, regional`,
      `phase-1: web in eastus, regional waited for web-0 (unknownTooLong: ${UNHEALTHY.detail}); ended ${hoursAfter(45)}`,
      `phase-1: all others ended ${hoursAfter(2)}`,
      '0 of 1 phases within 10 % or a window of their forecast; 1 without sets that waited for an unhealthy VM of their own',
    ]);
  });

  it.each<[string, readonly Because[]]>([
    ['was only slow', []],
    ['waited, though no VM of its own is known to be unhealthy', [WAITED]],
    ['has an unhealthy VM, but did not wait for it', [UNHEALTHY]],
  ])('leaves out no set that %s', async (_, outcomes) => {
    const end = await endOf([
      { group: 'web', hoursLate: 45, outcomes },
      { group: 'sql', hoursLate: 2 },
    ]);
    expect(end).toMatchObject({ held: [], othersEndedUtc: hoursAfter(45), isMetByOthers: false });
  });
});

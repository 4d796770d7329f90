import { catchUp } from '../../orchestrations/catchUp';
import { phaseRollout } from '../../orchestrations/phaseRollout';
import { regionRollout } from '../../orchestrations/regionRollout';
import { ROLLOUT } from '../support/fakeServices';
import { after, failsAfter, replay, type Call, type Run } from '../support/replay';
import { inRollout } from '../support/rolloutScene';

interface Stage {
  readonly stage: string;
  readonly tracks: { cohort: number; batches: { group: string; rounds: number; atOnce: number }[] }[];
  readonly setCount: number;
  readonly sets: string[];
}

const BATCHES = [{ group: 'batch-1', rounds: 3, atOnce: 3 }];
const COHORT = { cohort: 1, batches: BATCHES };

/** A stage with or without standalone VMs, and with these sets. */
const aStage = (stage: string, standalone: boolean, sets: string[] = []): Stage => ({
  stage,
  tracks: standalone ? [COHORT] : [],
  setCount: sets.length,
  sets,
});

const HOUR = 3600;

function region(stages: readonly Stage[], over: Readonly<Record<string, unknown>> = {}): Promise<Run> {
  return replay(regionRollout, {
    instanceId: 'rollout-2026-11.1:phase-1:eastus',
    input: { ...inRollout, region: 'eastus', ...over },
    activities: { readRegion: () => ({ stages: [...stages] }) },
    children: {
      zoneRollout: ({ stage }) => after(stage === 'regional' ? HOUR : 2 * HOUR, { rounds: 3 }),
      availabilitySetsRollout: () => after(HOUR, { rounds: 7 }),
      availabilitySetRollout: ({ group }) =>
        group === 'broken' ? failsAfter(60, 'lost') : after(5 * HOUR, { rounds: 20 }),
    },
  });
}

/** Which sets are under way when: from its start until so many hours later. */
const startsOf = ({ calls }: Run): readonly Call[] => calls.filter(({ kind }) => kind === 'child');

const zone = (n: number): Stage => aStage(`zone-${n}`, true);

describe('a region', () => {
  it('R-205, INV-3: rolls out zone after zone, each only when the one before is over', async () => {
    const run = await region([zone(1), zone(2), zone(3)]);
    expect(run.output).toEqual({ rounds: 9 });
    const began = startsOf(run).map(({ input, atUtc }) => [(input as Stage).stage, atUtc.slice(11, 16)]);
    expect(began).toEqual([
      ['zone-1', '22:00'],
      ['zone-2', '00:00'],
      ['zone-3', '02:00'],
    ]);
  });

  it('runs the sets of its regional stage beside the batches, and zones only when all of them are over', async () => {
    const regional = aStage('regional', true, ['web-1', 'db-2']);
    const run = await region([regional, zone(1)]);
    expect(run.output).toEqual({ rounds: 46 });
    const began = startsOf(run).map(({ name, atUtc }) => [name, atUtc.slice(11, 16)]);
    expect(began).toEqual([
      ['zoneRollout', '22:00'],
      ['availabilitySetRollout', '22:00'],
      ['availabilitySetRollout', '22:00'],
      ['zoneRollout', '03:00'],
    ]);
  });

  it('goes on when one of its sets fails as an orchestration, and still waits for the others', async () => {
    const regional = aStage('regional', false, ['broken', 'web-1']);
    const run = await region([regional, zone(1)]);
    expect(run.output).toEqual({ rounds: 23 });
    expect(startsOf(run).at(-1)?.atUtc.slice(11, 16)).toBe('03:00');
  });

  it.each([
    [1, 80],
    [10, 80],
    [24, 66],
  ])(
    'of hundreds of sets beside %d cohorts starts %d lanes: no episode schedules more than ninety children',
    async (cohortCount, sets) => {
      const cohorts = Array.from({ length: cohortCount }, (_, n) => ({ cohort: n + 1, batches: BATCHES }));
      const run = await region([{ stage: 'regional', tracks: cohorts, setCount: 200, sets: [] }]);
      const started = startsOf(run);
      expect(started.length).toBeLessThanOrEqual(90);
      const lanes = started.filter(({ name }) => name === 'availabilitySetsRollout');
      expect(lanes.map(({ input }) => (input as { lane: { lane: number } }).lane.lane)).toEqual(
        Array.from({ length: sets }, (_, n) => n + 1),
      );
      expect(run.output).toEqual({ rounds: cohortCount * 3 + sets * 7 });
    },
  );

  it('passes on what its children must know: until when, and since when a window counts', async () => {
    const freshAfterUtc = '2026-11-12T09:00:00.000Z';
    const { calls, of } = await region([zone(1)], { freshAfterUtc });
    expect(of('readRegion')).toEqual([{ rolloutId: ROLLOUT, phase: 'phase-1', region: 'eastus' }]);
    expect(calls.at(-1)).toMatchObject({
      id: 'rollout-2026-11.1:phase-1:eastus:zone-1:batches',
      input: {
        region: 'eastus',
        stage: 'zone-1',
        batches: BATCHES,
        freshAfterUtc,
        endsUtc: inRollout.endsUtc,
      },
    });
  });

  it('without stages is over at once', async () => {
    expect((await region([])).output).toEqual({ rounds: 0 });
  });
});

describe('R-201: a phase', () => {
  const phase = (regions: string[]): Promise<Run> =>
    replay(phaseRollout, {
      instanceId: 'rollout-2026-11.1:phase-2',
      input: { ...inRollout, phase: 'phase-2', regions },
      children: {
        regionRollout: (input) =>
          input.region === 'atlantis' ? failsAfter(60, 'lost') : after(HOUR, { rounds: 1 }),
      },
    });

  it('rolls out its regions side by side', async () => {
    const run = await phase(['eastus', 'japaneast']);
    expect(run.output).toEqual({ regions: 2, failed: [] });
    expect(startsOf(run).map(({ id, atUtc }) => [id, atUtc])).toEqual([
      ['rollout-2026-11.1:phase-2:eastus', '2026-11-12T22:00:00.000Z'],
      ['rollout-2026-11.1:phase-2:japaneast', '2026-11-12T22:00:00.000Z'],
    ]);
    expect(run.of('regionRollout')).toEqual([
      expect.objectContaining({ region: 'eastus', phase: 'phase-2' }),
      expect.objectContaining({ region: 'japaneast' }),
    ]);
  });

  it('names the regions that failed as orchestrations, and waits for the others', async () => {
    const { output, endedUtc } = await phase(['atlantis', 'eastus']);
    expect(output).toEqual({ regions: 2, failed: ['atlantis'] });
    expect(endedUtc).toBe('2026-11-12T23:00:00.000Z');
  });
});

describe('R-111, R-804: a catch-up', () => {
  it('is the rollout of its region over a smaller plan: same rollout, same ledger, claims of its own kind', async () => {
    const { calls, output } = await replay(catchUp, {
      instanceId: 'sweep-2026-11-14t03:rollout-2026-11:eastus',
      input: { ...inRollout, phase: 'catchup-2026-11-14t03', kind: 'catchUp', region: 'eastus' },
      activities: {
        planCatchUp: () => ({
          rounds: 2,
          stages: [{ stage: 'regional', tracks: [], setCount: 1, sets: ['as-app-web'] }],
        }),
      },
      children: { availabilitySetRollout: () => ({ rounds: 2 }) },
    });
    expect(output).toEqual({ rounds: 2 });
    expect(calls).toEqual([
      expect.objectContaining({ name: 'planCatchUp' }),
      expect.objectContaining({
        id: 'sweep-2026-11-14t03:rollout-2026-11:eastus:regional:as-app-web',
        input: expect.objectContaining({
          group: 'as-app-web',
          rolloutId: ROLLOUT,
          phase: 'catchup-2026-11-14t03',
          kind: 'catchUp',
        }) as unknown,
      }),
    ]);
  });
});

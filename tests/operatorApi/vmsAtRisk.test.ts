import fc from 'fast-check';
import type { Halt, RolloutControl } from '../../domain/control';
import { Freeze } from '../../domain/freezes';
import { countOutcomes } from '../../domain/outcomeCounts';
import type { VmId } from '../../domain/ids';
import { imageFamilyOf } from '../../domain/imageFamily';
import { addSeconds } from '../../domain/instants';
import { phaseIdOf } from '../../domain/phaseId';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import { RowsRead } from '../../lab/bench/rowsRead';
import { forecastOf } from '../../operatorApi/keptForecasts';
import { vmsAtRisk } from '../../operatorApi/vmsAtRisk';
import type { OutcomeRecord } from '../../store/outcomes';
import { allRoundsOf, type RoundPlan } from '../../store/plans';
import { repositoriesOn } from '../../store/repositories';
import { aSet, vmsOf } from '../support/builders';
import { aControl, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import { planOf } from '../support/fleets';

const REGIONS = ['eastus', 'westus', 'westeurope', 'japaneast'];
const fleet = vmsOf(60, (n) => ({
  region: REGIONS[n % 4] ?? 'eastus',
  availabilitySetId: n % 3 === 0 ? aSet(`set-${n % 4}`) : null,
  tags: n % 5 === 0 ? { app: 'shop' } : {},
}));
const plan = planOf(fleet);
const rounds = allRoundsOf(plan);

const ENDS: readonly (readonly [OutcomeKind, OutcomeReason])[] = [
  ['patched', 'installed'],
  ['upToDate', 'nothingToInstall'],
  ['deferred', 'poweredOff'],
  ['failed', 'patchesFailed'],
  ['unhealthy', 'unhealthyAfterUpdate'],
  ['skipped', 'notInCharge'],
];

interface Scene {
  readonly days: number;
  readonly ranCount: number;
  /** By place in the fleet: how it ended, or -1 for none yet, where its round has not run. */
  readonly ends: readonly number[];
  readonly mode: RolloutControl['mode'];
  readonly halts: readonly Pick<Halt, 'kind' | 'scope' | 'asked' | 'region'>[];
  readonly freezes: readonly Freeze[];
}

const first = fleet[0];
if (first === undefined) throw new Error('There is no VM.');

const anyHalt = fc.constantFrom<Scene['halts'][number]>(
  { kind: 'halt', region: null },
  { kind: 'hold', region: 'westus' },
  { kind: 'halt', region: null, scope: { kind: 'family', family: imageFamilyOf(first) } },
  { kind: 'hold', region: null, asked: { vm: first.id } },
  { kind: 'hold', region: null, asked: { availabilitySet: aSet('set-0') } },
  { kind: 'hold', region: null, asked: { phase: phaseIdOf(2) } },
);

const anyFreeze = fc
  .record({
    kind: fc.constantFrom('freeze', 'exclusion'),
    selector: fc.constantFrom({}, { tag: 'app=shop' }, { region: 'japaneast' }),
    fromDay: fc.integer({ min: 1, max: 20 }),
    days: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ kind, selector, fromDay, days }) =>
    Freeze.parse({
      id: 'f',
      kind,
      selector,
      from: addSeconds('2026-11-09T00:00:00.000Z', fromDay * 86_400).slice(0, 10),
      to: addSeconds('2026-11-09T00:00:00.000Z', (fromDay + days) * 86_400).slice(0, 10),
      timeZone: null,
      reason: 'r',
      owner: 'o',
      createdUtc: '2026-11-01T00:00:00.000Z',
      createdBy: 'me',
    }),
  );

const anyScene: fc.Arbitrary<Scene> = fc.record({
  days: fc.integer({ min: 0, max: 32 }),
  ranCount: fc.integer({ min: 0, max: rounds.length }),
  ends: fc.array(fc.integer({ min: -1, max: ENDS.length - 1 }), {
    minLength: fleet.length,
    maxLength: fleet.length,
  }),
  mode: fc.constantFrom('running', 'running', 'running', 'paused', 'cancelled'),
  halts: fc.array(anyHalt, { maxLength: 2 }),
  freezes: fc.array(anyFreeze, { maxLength: 1 }),
});

async function played({ days, ranCount, ends, mode, halts, freezes }: Scene): Promise<FakeServices> {
  const nowUtc = addSeconds('2026-11-10T19:00:00.000Z', days * 86_400);
  const services = await someServices({ vms: fleet, nowUtc, control: { mode, vmCount: fleet.length } });
  await services.plans.savePart(plan, 0, Infinity);
  for (const [n, round] of rounds.entries()) {
    const outcomes = round.vmIds.flatMap((vmId) => {
      const end = ENDS[ends[fleet.findIndex(({ id }) => id === vmId)] ?? -1];
      return end === undefined && n >= ranCount ? [] : [outcomeOf(round, vmId, end ?? ENDS[0], n)];
    });
    await services.outcomes.save(ROLLOUT, outcomes);
    if (n >= ranCount) continue;
    const { phase, region, stage, group, round: number } = round;
    const record = { phase, region, stage, group, round: number, atUtc: nowUtc };
    await services.rollouts.saveRound(ROLLOUT, { ...record, counts: countOutcomes(outcomes) });
  }
  for (const [n, halt] of halts.entries())
    await services.rollouts.addHalt(ROLLOUT, {
      ...halt,
      haltId: `h${n}`,
      phase: phaseIdOf(1),
      why: 'because',
      atUtc: nowUtc,
      decision: null,
    });
  for (const freeze of freezes) await services.freezes.save(freeze, null);
  return services;
}

const outcomeOf = (
  { phase, region, expectedStartUtc }: RoundPlan,
  vmId: VmId,
  [kind, reason]: readonly [OutcomeKind, OutcomeReason] = ['patched', 'installed'],
  n: number,
): OutcomeRecord => ({
  vmId,
  kind,
  reason,
  detail: `detail ${n}`,
  // A forecast looks at nothing that comes later than now.
  atUtc: [expectedStartUtc, '2026-11-10T18:30:00.000Z'].sort()[0] ?? '',
  phase,
  region,
  installation: null,
});

describe('the VMs at risk', () => {
  it('are those of the whole forecast, for the same reasons, whatever has happened', async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(anyScene, async (scene) => {
        const services = await played(scene);
        const whole = await forecastOf(services, null);
        const wanted = (whole?.byPlace ?? []).flatMap((forecast, place) =>
          forecast.state === 'atRisk' ? [[whole?.view.vms[place]?.vm.id, forecast]] : [],
        );
        const control = await services.rollouts.read(ROLLOUT);
        const atRisk = await vmsAtRisk(services, control ?? aControl());
        expect(atRisk.map(({ one, forecast }) => [one.vm.id, forecast])).toEqual(wanted);
        found += wanted.length;
      }),
      { numRuns: 25 },
    );
    expect(found).toBeGreaterThan(100);
  });

  it('are found without a row of a VM that is done', async () => {
    const ends = fleet.map((_, n) => (n % 10 === 0 ? 2 : 0));
    const scene = { days: 15, ends, mode: 'running', halts: [], freezes: [] } as const;
    const services = await played({ ...scene, ranCount: rounds.length - 1 });
    const rows = new RowsRead();
    const counted = { ...services, ...repositoriesOn(rows.wrap(services.store), services.policy) };
    const atRisk = await vmsAtRisk(counted, aControl({ vmCount: fleet.length }));
    expect(atRisk).toHaveLength(6);
    expect(rows.of(['outcomes', 'inventory'])).toBe(12);
    expect(rows.of(['plans', 'rounds'])).toBe(1);
  });
});

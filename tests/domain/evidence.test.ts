import fc from 'fast-check';
import {
  addResults,
  COMMON_PATCHES_MAX,
  exposureMax,
  grantInstalls,
  noEvidence,
  nothingCounted,
  RoundCounted,
  ScopeEvidence,
  takeNewResults,
  UNHEALTHY_NAMED_MAX,
  type UpdateResult,
} from '../../domain/evidence';
import { addSeconds } from '../../domain/instants';
import type { VmId } from '../../domain/ids';
import { defaultPolicy as policy } from '../../domain/policy';

const vmOf = (place: number): VmId =>
  `/subscriptions/s/resourcegroups/g/providers/microsoft.compute/virtualmachines/vm-${place}` as VmId;

const aResult = (place: number, over: Partial<UpdateResult> = {}): UpdateResult => ({
  vm: vmOf(place),
  place,
  kind: 'healthy',
  atUtc: '2026-11-11T02:00:00.000Z',
  region: 'eastus',
  canary: false,
  patches: ['KB1', 'KB2'],
  ...over,
});

const kinds = fc.constantFrom('healthy', 'unhealthy', 'failed', 'unproven');
const instants = fc.integer({ min: 0, max: 5 }).map((minute) => `2026-11-11T02:0${minute}:00.000Z`);
const rounds = fc
  .array(fc.record({ kind: kinds, atUtc: instants }), { maxLength: 80 })
  .map((all) => all.map((over, place) => aResult(place, over)));

describe('exposure', () => {
  test('starts five VMs of a family on no evidence, then five times as many as have proven healthy', () => {
    const healthy = (healthyCount: number): number => exposureMax({ healthyCount }, policy);
    expect([0, 1, 2, 5, 25, 125].map(healthy)).toEqual([5, 5, 10, 25, 125, 625]);
  });

  test('lets as many of a family be under way as may be, or as have proven healthy, and no more', () => {
    const asked = Array.from({ length: 80 }, (_, place) => place);
    const granted = (healthyCount: number, underWay: number): number =>
      grantInstalls(
        { ...noEvidence, healthyCount, startedCount: healthyCount + underWay },
        nothingCounted,
        asked,
        policy,
      ).granted.length;
    // Exposure alone would let 2,000 of them start.
    expect([granted(500, 900), granted(500, 990), granted(500, 1_000)]).toEqual([80, 10, 0]);
    expect([granted(1_200, 1_190), granted(1_200, 1_200)]).toEqual([10, 0]);
  });

  test('INV-14: whatever is asked, reported and repeated in whatever order, never more installs start than exposure allows', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ ask: fc.array(fc.integer({ min: 0, max: 79 }), { maxLength: 80 }), round: fc.nat(5) }),
        fc.record({ report: rounds, round: fc.nat(5) }),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        let family = noEvidence;
        const rows = Array.from({ length: 6 }, () => nothingCounted);
        for (const step of all) {
          const row = rows[step.round] ?? nothingCounted;
          if ('ask' in step) {
            const grant = grantInstalls(family, row, step.ask, policy);
            family = grant.family;
            rows[step.round] = grant.round;
          } else {
            // Only what was started can have a result.
            const started = step.report.filter(({ place }) => row.started.includes(place));
            const taken = takeNewResults(row, started);
            family = addResults(family, taken.fresh, policy);
            rows[step.round] = taken.round;
          }
          expect(family.startedCount).toBeLessThanOrEqual(exposureMax(family, policy));
          expect(family.startedCount).toBe(rows.reduce((sum, { started }) => sum + started.length, 0));
        }
      }),
    );
  });

  test('only installs that ended healthy are evidence', () => {
    const ended = (['unhealthy', 'failed', 'unproven'] as const).map((kind, place) =>
      aResult(place, { kind }),
    );
    expect(exposureMax(addResults(noEvidence, ended, policy), policy)).toBe(policy.evidenceFirst);
  });

  test('a round that asks again after a crash gets the same places and is not counted twice', () => {
    const first = grantInstalls(noEvidence, nothingCounted, [3, 4, 5, 6, 7, 8], policy);
    const again = grantInstalls(first.family, first.round, [3, 4, 5, 6, 7, 8], policy);
    expect(first.granted).toEqual([3, 4, 5, 6, 7]);
    expect(first.held).toEqual([8]);
    expect(again).toEqual(first);
  });
});

describe('counting', () => {
  test('a crash that replays a round, wholly or in part, counts nothing twice', () => {
    fc.assert(
      fc.property(rounds, fc.nat(80), fc.nat(80), (results, upTo, from) => {
        const once = takeNewResults(nothingCounted, results);
        const before = takeNewResults(nothingCounted, results.slice(0, upTo));
        const part = takeNewResults(before.round, results.slice(Math.min(from, upTo)));
        const replayed = takeNewResults(part.round, results);
        expect(replayed.fresh).toEqual([]);
        const counted = [...before.fresh, ...part.fresh];
        expect(addResults(noEvidence, counted, policy)).toEqual(addResults(noEvidence, once.fresh, policy));
      }),
    );
  });

  test('the order in which results of one batch are reported does not matter, within one instant either', () => {
    const shuffled = rounds.chain((results) =>
      fc.tuple(
        fc.constant(results),
        fc.shuffledSubarray(results, { minLength: results.length, maxLength: results.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([results, other]) => {
        expect(addResults(noEvidence, other, policy)).toEqual(addResults(noEvidence, results, policy));
      }),
    );
  });

  test('within one instant the unhealthy results are taken first: no healthy one softens them before they are tested', () => {
    const healthy = Array.from({ length: 60 }, (_, place) => aResult(place));
    const unhealthy = Array.from({ length: 5 }, (_, n) => aResult(60 + n, { kind: 'unhealthy' }));
    const { cusumMax } = addResults(noEvidence, [...healthy, ...unhealthy], policy);
    expect(cusumMax).toBeCloseTo(5 * Math.log(4), 6);
  });

  test('a long healthy past does not hide a bad present', () => {
    const healthy = Array.from({ length: 80 }, (_, place) => aResult(place));
    const past = Array.from({ length: 50 }).reduce<ScopeEvidence>(
      (sum) => addResults(sum, healthy, policy),
      noEvidence,
    );
    const unhealthyAt = (atUtc: string): number =>
      addResults(
        past,
        [0, 1, 2, 3, 4].map((place) => aResult(place, { kind: 'unhealthy', atUtc })),
        policy,
      ).cusumMax;
    const [first] = healthy;
    if (first === undefined) throw new Error('a result');
    expect(unhealthyAt(addSeconds(first.atUtc, 2 * 86_400))).toBeCloseTo(5 * Math.log(4), 6);
  });

  test('the few unhealthy VMs of a large fleet, which are known last in a window, are no alarm', () => {
    const seen = (healthyCount: number): number => {
      const healthy = Array.from({ length: 80 }, (_, place) => aResult(place));
      let sum = noEvidence;
      for (let count = 0; count < healthyCount; count += 80) sum = addResults(sum, healthy, policy);
      const [{ atUtc } = aResult(0)] = healthy;
      const late = Array.from({ length: 6 }, (_, place) =>
        aResult(place, { kind: 'unhealthy', atUtc: addSeconds(atUtc, 3600) }),
      );
      return addResults(sum, late, policy).cusumMax;
    };
    expect(seen(4_000)).toBe(0);
    expect(seen(400)).toBeCloseTo(6 * Math.log(4), 6);
  });

  test('the counters stay small and plain data, however many VMs are counted', () => {
    const many = Array.from({ length: 5_000 }, (_, place) =>
      aResult(place, {
        kind: 'unhealthy',
        region: `region-${place % 60}`,
        patches: Array.from({ length: 300 }, (_unused, n) => `KB${1000 + n}`),
      }),
    );
    const seen = addResults(noEvidence, many, policy);
    expect(seen.unhealthyCount).toBe(5_000);
    expect(seen.unhealthyVms).toHaveLength(UNHEALTHY_NAMED_MAX);
    expect(seen.patchesInCommon).toHaveLength(COMMON_PATCHES_MAX);
    expect(ScopeEvidence.parse(JSON.parse(JSON.stringify(seen)))).toEqual(seen);
    expect(JSON.stringify(seen).length).toBeLessThan(8_000);
    const { round } = takeNewResults(nothingCounted, many.slice(0, 80));
    expect(RoundCounted.parse(JSON.parse(JSON.stringify(round)))).toEqual(round);
  });

  test('names the patches that all unhealthy VMs have in common', () => {
    const unhealthy = [
      ['KB1', 'KB2', 'KB3'],
      ['KB3', 'KB2'],
      ['KB2', 'KB9', 'KB3'],
    ].map((patches, place) => aResult(place, { kind: 'unhealthy', patches }));
    const healthy = aResult(9, { patches: ['KB7'] });
    expect(addResults(noEvidence, [healthy, ...unhealthy], policy).patchesInCommon).toEqual(['KB2', 'KB3']);
  });
});

import fc from 'fast-check';
import { defaultPolicy } from '../../domain/policy';
import { arePaired, knownRegions } from '../../domain/regions';
import { orderIntoPhases, type RegionSize } from '../../planning/phases';

const names = knownRegions().map(({ name }) => name);
const order = (sizes: Readonly<Record<string, number>>, over = {}): string[][] =>
  orderIntoPhases(sizesOf(sizes), { ...defaultPolicy, ...over }).map((phase) =>
    phase.map(({ region }) => region),
  );
const sizesOf = (sizes: Readonly<Record<string, number>>): RegionSize[] =>
  Object.entries(sizes).map(([region, vmCount]) => ({ region, vmCount }));
const anySizes = fc.uniqueArray(
  fc.record({
    region: fc.constantFrom(...names, 'atlantis', 'avalon'),
    vmCount: fc.integer({ min: 1, max: 3000 }),
  }),
  { selector: ({ region }) => region, maxLength: 64, size: 'max' },
);

describe('phases', () => {
  test('R-203: geo-paired regions are never in the same phase', () => {
    fc.assert(
      fc.property(anySizes, fc.subarray(names, { maxLength: 4 }), (sizes, canaryRegions) => {
        const phases = orderIntoPhases(sizes, { phasesMin: 4, canaryRegions });
        const together = phases.flatMap((phase) =>
          phase.filter(({ region }) => phase.some((other) => arePaired(region, other.region))),
        );
        expect(together).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('R-201: every region is in exactly one phase, and no phase is empty', () => {
    fc.assert(
      fc.property(anySizes, (sizes) => {
        const phases = orderIntoPhases(sizes, defaultPolicy);
        expect(phases.every((phase) => phase.length > 0)).toBe(true);
        expect(phases.flatMap((phase) => phase.map(({ region }) => region)).sort()).toEqual(
          sizes.map(({ region }) => region).sort(),
        );
      }),
    );
  });

  test('R-201: there are four to six phases, fewer only where there are fewer regions', () => {
    fc.assert(
      fc.property(anySizes, (sizes) => {
        const { length } = orderIntoPhases(sizes, defaultPolicy);
        expect(length).toBeGreaterThanOrEqual(Math.min(4, sizes.length));
        expect(length).toBeLessThanOrEqual(6);
      }),
    );
  });

  test('R-201: the order in which regions are given makes no difference', () => {
    fc.assert(
      fc.property(anySizes, (sizes) => {
        const backwards = orderIntoPhases([...sizes].reverse(), defaultPolicy);
        expect(backwards).toEqual(orderIntoPhases(sizes, defaultPolicy));
      }),
    );
  });

  test('R-201: the smallest region goes first, where policy names no canary', () => {
    expect(order({ uksouth: 30, eastus: 10, japaneast: 20, westeurope: 40 })[0]).toEqual(['eastus']);
  });

  test('R-201: the canary regions of policy go first, as far as there are VMs in them', () => {
    const sizes = { uksouth: 30, eastus: 10, japaneast: 20, westeurope: 40, westus: 5 };
    expect(order(sizes, { canaryRegions: ['UK South', 'japaneast', 'francecentral'] })[0]).toEqual([
      'japaneast',
      'uksouth',
    ]);
    expect(order(sizes, { canaryRegions: ['eastus', 'westus'] })[0]).toEqual(['eastus']);
    expect(order(sizes, { canaryRegions: ['francecentral'] })[0]).toEqual(['westus']);
  });

  test('R-201: after the canary the fewest regions that reach 1 %, 5 % and 25 %, then the rest', () => {
    const sizes = {
      polandcentral: 2,
      spaincentral: 5,
      israelcentral: 9,
      italynorth: 45,
      austriaeast: 60,
      qatarcentral: 210,
      mexicocentral: 300,
      chilecentral: 369,
    };
    expect(order(sizes)).toEqual([
      ['polandcentral'],
      ['israelcentral'],
      ['italynorth'],
      ['qatarcentral'],
      ['austriaeast', 'chilecentral', 'mexicocentral', 'spaincentral'],
    ]);
  });

  test('R-201: a step that is already reached is left out while there are phases enough', () => {
    const sizes = Object.fromEntries(
      names.filter((name) => !names.some((other) => arePaired(name, other))).map((name) => [name, 10]),
    );
    expect(order(sizes).map((phase) => phase.length)).toEqual([1, 1, 2, 9]);
  });

  test('R-203: the rest is split in two where it holds both ends of a pair, the smaller part first', () => {
    const phases = order({
      polandcentral: 1,
      spaincentral: 60,
      eastus: 10,
      westus: 300,
      northeurope: 320,
      westeurope: 310,
    });
    expect(phases.slice(-2)).toEqual([['westeurope'], ['northeurope']]);
  });

  test('R-201: with fewer regions than phases there is a phase for each region', () => {
    expect(order({})).toEqual([]);
    expect(order({ eastus: 3 })).toEqual([['eastus']]);
    expect(order({ eastus: 3, westus: 3 })).toEqual([['eastus'], ['westus']]);
    expect(order({ uksouth: 1, eastus: 100, japaneast: 100 })).toHaveLength(3);
  });
});

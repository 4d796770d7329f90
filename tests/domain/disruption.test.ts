import fc from 'fast-check';
import { conflict, setShare } from '../../domain/disruption';
import { defaultPolicy } from '../../domain/policy';
import { aDisruption, inSet } from '../support/claims';

describe('which disruptions may not be at the same time', () => {
  it.each([
    ['R-203, INV-2: both ends of a geo pair', aDisruption(), aDisruption({ region: 'westus' }), 'geoPair'],
    [
      'R-203, INV-2: the ends of a pair that only one of the two names',
      aDisruption({ region: 'southcentralus' }),
      aDisruption({ region: 'brazilsouth' }),
      'geoPair',
    ],
    ['R-205, INV-3: two zones of a region', aDisruption(), aDisruption({ zone: '2' }), 'zones'],
    ['R-205: a zone and VMs without one', aDisruption(), aDisruption({ zone: null }), 'zones'],
    ['R-208, INV-1: two update domains of a set', inSet('web', 0), inSet('web', 1), 'updateDomains'],
    [
      'INV-1: two VMs of a set that are of no known one',
      inSet('web', null),
      inSet('web', null),
      'updateDomains',
    ],
    ['INV-1: one of no known one beside one', inSet('web', null), inSet('web', 0), 'updateDomains'],
    [
      'R-207: more of a set than its share',
      inSet('web', 0, { count: 3 }),
      inSet('web', 0, { count: 2 }),
      'setShare',
    ],
    [
      'R-207: what the stricter of two policies says',
      inSet('web', 0, { shareMax: 3 }),
      inSet('web', 0),
      'setShare',
    ],
  ] as const)('%s', (_rule, a, b, rule) => {
    expect(conflict(a, b)).toBe(rule);
    expect(conflict(b, a)).toBe(rule);
  });

  it.each([
    ['regions that are no pair', aDisruption(), aDisruption({ region: 'japaneast' })],
    ['unknown regions', aDisruption({ region: 'atlantis' }), aDisruption({ region: 'lemuria' })],
    ['batches of the same zone', aDisruption(), aDisruption()],
    ['two sets of a region', inSet('web', 0), inSet('db', 1)],
    ['a set and standalone VMs without a zone', inSet('web', 0), aDisruption({ zone: null })],
    ['parts of one update domain within the share of the set', inSet('web', 0), inSet('web', 0)],
  ])('%s may', (_what, a, b) => {
    expect(conflict(a, b)).toBeNull();
    expect(conflict(b, a)).toBeNull();
  });
});

describe('R-207: how much of a set may be down', () => {
  it.each([
    [1, 1],
    [2, 1],
    [9, 1],
    [10, 2],
    [14, 2],
    [15, 3],
    [20, 4],
    [200, 40],
  ])('of %d VMs: %d', (size, share) => {
    expect(setShare(size, defaultPolicy)).toBe(share);
  });

  it('one VM of a small set, whatever its share comes to', () => {
    const policy = { setSharePercent: 50, setOneByOneBelow: 10 };
    expect([8, 9, 10, 12].map((size) => setShare(size, policy))).toEqual([1, 1, 5, 6]);
  });

  it('never all of two or more, whatever the policy says, and never none', () => {
    const policies = fc.record({
      setSharePercent: fc.integer({ min: 0, max: 100 }),
      setOneByOneBelow: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 200 }), policies, (size, policy) => {
        const share = setShare(size, policy);
        return share >= 1 && share < size;
      }),
    );
  });
});

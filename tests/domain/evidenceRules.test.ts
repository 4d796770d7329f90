import {
  addResults,
  grantInstalls,
  noEvidence,
  nothingCounted,
  type ScopeEvidence,
  type UpdateResult,
} from '../../domain/evidence';
import {
  checkEvidence,
  checkRound,
  rolloutUnhealthyMax,
  type EvidenceDecision,
  type EvidenceFacts,
} from '../../domain/evidenceRules';
import type { VmId } from '../../domain/ids';
import { defaultPolicy as policy } from '../../domain/policy';
import { ImageFamily } from '../../domain/imageFamily';

const WEB = ImageFamily.parse('canonical:ubuntuserver:18.04-lts');
const SQL = ImageFamily.parse('microsoftwindowsserver:windowsserver:2019-datacenter');
const MAIL = ImageFamily.parse('redhat:rhel:7_9');

interface Seen {
  readonly family: ImageFamily;
  readonly region?: string;
  readonly kind: UpdateResult['kind'];
  readonly count: number;
  readonly canary?: boolean;
}

/** Counted in the order given, a minute apart. */
function factsOf(all: readonly Seen[], eligibleCount = 10_000): EvidenceFacts {
  let minute = 0;
  const families = new Map<ImageFamily, ScopeEvidence>();
  const regions = new Map<string, ScopeEvidence>();
  let rollout = noEvidence;
  for (const { family, region = 'eastus', kind, count, canary = false } of all) {
    for (let n = 0; n < count; n += 1) {
      minute += 1;
      const result = aResult({ minute, kind, region, canary });
      const started = (of: ScopeEvidence | undefined): ScopeEvidence =>
        addResults({ ...(of ?? noEvidence), startedCount: (of?.startedCount ?? 0) + 1 }, [result], policy);
      families.set(family, started(families.get(family)));
      regions.set(region, started(regions.get(region)));
      rollout = started(rollout);
    }
  }
  return { rollout, eligibleCount, families, regions };
}

function aResult(
  over: Pick<UpdateResult, 'kind'> & { minute: number; region?: string; canary?: boolean },
): UpdateResult {
  const { minute, kind, region = 'eastus', canary = false } = over;
  return {
    vm: `/subscriptions/s/resourcegroups/g/providers/microsoft.compute/virtualmachines/vm-${minute}` as VmId,
    place: minute,
    kind,
    atUtc: new Date(Date.parse('2026-11-11T00:00:00.000Z') + minute * 60_000).toISOString(),
    region,
    canary,
    patches: ['KB5000001'],
  };
}

const brief = (decisions: readonly EvidenceDecision[]): string[] =>
  decisions.map(({ kind, rule, scope }) => {
    const name = scope.kind === 'family' ? scope.family : scope.kind === 'region' ? scope.region : 'rollout';
    return `${kind} ${name}: ${rule}`;
  });

const decide = (all: readonly Seen[], eligibleCount?: number): string[] =>
  brief(checkEvidence(factsOf(all, eligibleCount), policy));

describe('a halt stops the narrowest scope that explains it', () => {
  test('two unhealthy VMs among a family’s first 30 results halt that family, and the others go on', () => {
    const others: Seen[] = [{ family: SQL, region: 'westus', kind: 'healthy', count: 400 }];
    expect(decide([...others, { family: WEB, kind: 'unhealthy', count: 1 }])).toEqual([]);
    expect(
      decide([
        ...others,
        { family: WEB, kind: 'unhealthy', count: 1 },
        { family: WEB, kind: 'healthy', count: 28 },
        { family: WEB, kind: 'unhealthy', count: 1 },
      ]),
    ).toEqual([`halt ${WEB}: firstResultsUnhealthy`]);
  });

  test('beyond the first 30 results two unhealthy VMs are what a good patch leaves behind', () => {
    expect(
      decide([
        { family: WEB, kind: 'healthy', count: 29 },
        { family: WEB, kind: 'unhealthy', count: 1 },
        { family: WEB, kind: 'healthy', count: 300 },
        { family: WEB, kind: 'unhealthy', count: 1 },
      ]),
    ).toEqual([]);
  });

  test('a family halts when its results are a thousand times likelier at the refused rate', () => {
    const seen = (count: number): Seen[] => [
      { family: SQL, kind: 'healthy', count: 3000 },
      { family: WEB, kind: 'healthy', count: 100 },
      { family: WEB, kind: 'unhealthy', count },
    ];
    expect(decide(seen(4))).toEqual([]);
    expect(decide(seen(5))).toContain(`halt ${WEB}: sequentialTest`);
    expect(decide(seen(5)).filter((each) => each.includes('rollout') || each.includes('eastus'))).toEqual([]);
  });

  test('a region that alarms while no family does alone halts as a region', () => {
    expect(
      decide([
        { family: WEB, region: 'westus', kind: 'healthy', count: 60 },
        { family: SQL, region: 'westus', kind: 'healthy', count: 60 },
        { family: MAIL, region: 'westus', kind: 'healthy', count: 60 },
        { family: WEB, region: 'eastus', kind: 'unhealthy', count: 2 },
        { family: SQL, region: 'eastus', kind: 'unhealthy', count: 2 },
        { family: MAIL, region: 'eastus', kind: 'unhealthy', count: 1 },
        { family: WEB, region: 'westus', kind: 'healthy', count: 600 },
      ]),
    ).toEqual(['halt eastus: sequentialTest']);
  });

  test('a rollout that alarms while neither a family nor a region explains it halts as a whole', () => {
    const regions = ['eastus', 'westus', 'uksouth', 'ukwest', 'japaneast', 'japanwest'];
    const seen = regions.map((region, n): Seen => ({
      family: ImageFamily.parse(`family-${n}`),
      region,
      kind: 'unhealthy',
      count: 1,
    }));
    expect(decide(seen)).toEqual(['halt rollout: sequentialTest']);
  });

  test('several families that halt in one region halt the region, in several regions the rollout', () => {
    const pair = (region: string): Seen[] => [
      { family: WEB, region: 'eastus', kind: 'unhealthy', count: 2 },
      { family: SQL, region, kind: 'unhealthy', count: 2 },
    ];
    expect(decide(pair('eastus'))[0]).toBe('halt eastus: familiesAgree');
    expect(decide(pair('westus'))[0]).toBe('halt rollout: familiesAgree');
  });

  test('one unhealthy VM in the canary halts the rollout', () => {
    const canary: Seen = { family: WEB, kind: 'unhealthy', count: 1, canary: true };
    expect(decide([canary])).toEqual(['halt rollout: canaryUnhealthy']);
    expect(decide([{ ...canary, canary: false }])).toEqual([]);
  });

  test('more than ten unhealthy VMs, or half a percent of the eligible, halt the rollout however they are spread', () => {
    const spread = (unhealthy: number): Seen[] =>
      Array.from({ length: unhealthy }, (_, n): Seen[] => [
        { family: ImageFamily.parse(`family-${n}`), region: `region-${n}`, kind: 'healthy', count: 400 },
        { family: ImageFamily.parse(`family-${n}`), region: `region-${n}`, kind: 'unhealthy', count: 1 },
      ]).flat();
    expect(decide(spread(10), 600)).toEqual([]);
    expect(decide(spread(11), 600)).toEqual(['halt rollout: rolloutUnhealthy']);
    expect(decide(spread(11), 2200)).toEqual([]);
    expect(rolloutUnhealthyMax(10_000, policy)).toBe(50);
  });
});

describe('a round', () => {
  const round = (...all: UpdateResult['kind'][]): UpdateResult[] =>
    all.map((kind, minute) => aResult({ minute, kind }));

  test('halts when all of two or more of its VMs are unhealthy', () => {
    const seen = (...all: UpdateResult['kind'][]): string[] =>
      brief(checkRound(round(...all), () => WEB, policy));
    expect(seen('unhealthy', 'unhealthy', 'failed')).toEqual([`halt ${WEB}: roundUnhealthy`]);
    expect(seen('unhealthy')).toEqual([]);
    expect(seen('unhealthy', 'unhealthy', 'healthy')).toEqual([]);
    expect(seen('failed', 'failed')).toEqual([]);
  });

  test('holds its region when at least five of its installs failed, and 30 % of them, whatever came before', () => {
    const seen = (failed: number, healthy: number): string[] =>
      brief(
        checkRound(
          round(
            ...Array<'failed'>(failed).fill('failed'),
            ...Array<'healthy'>(healthy).fill('healthy'),
            'unproven',
          ),
          () => WEB,
          policy,
        ),
      );
    expect(seen(5, 11)).toEqual(['hold eastus: installsFail']);
    expect(seen(5, 12)).toEqual([]);
    expect(seen(4, 0)).toEqual([]);
  });

  test('of several families halts their region', () => {
    const families = [WEB, SQL];
    const halts = checkRound(round('unhealthy', 'unhealthy'), ({ place }) => families[place] ?? WEB, policy);
    expect(brief(halts)).toEqual(['halt eastus: roundUnhealthy']);
  });
});

describe('a halt explains itself', () => {
  test('names the VMs, their patches in common, and the odds', () => {
    const [halt] = checkEvidence(
      factsOf([
        { family: WEB, kind: 'healthy', count: 20 },
        { family: WEB, kind: 'unhealthy', count: 2 },
      ]),
      policy,
    );
    expect(halt).toMatchObject({
      kind: 'halt',
      unhealthyCount: 2,
      resultCount: 22,
      vms: [21, 22].map((n) => aResult({ minute: n, kind: 'unhealthy' }).vm),
      patchesInCommon: ['KB5000001'],
      odds: { likelihoodRatio: expect.closeTo(16, 6) as number },
    });
    const chance = 1 - 0.995 ** 22 - 22 * 0.005 * 0.995 ** 21;
    expect(halt?.kind === 'halt' ? halt.odds.chance : 0).toBeCloseTo(chance, 9);
  });
});

describe('installs that fail', () => {
  test('hold their family, region and rollout at 30 % of at least five, and halt nothing', () => {
    const failed = (count: number, healthy: number): string[] =>
      decide([
        { family: WEB, kind: 'failed', count },
        { family: WEB, kind: 'healthy', count: healthy },
      ]);
    expect(failed(4, 0)).toEqual([]);
    expect(failed(5, 0)).toEqual([
      `hold ${WEB}: installsFail`,
      'hold eastus: installsFail',
      'hold rollout: installsFail',
    ]);
    expect(failed(3, 7)).toHaveLength(3);
    expect(failed(29, 71)).toEqual([]);
  });

  test('are no evidence of health, good or bad', () => {
    const { rollout } = factsOf([{ family: WEB, kind: 'failed', count: 40 }]);
    expect(rollout).toMatchObject({ cusumMax: 0, healthyCount: 0, unhealthyCount: 0, failedCount: 40 });
  });
});

test('a family whose first installs all ended without proving anything is held for a person, not left waiting for ever', () => {
  const stuck = (unproven: number): string[] => {
    const { family } = grantInstalls(noEvidence, nothingCounted, [0, 1, 2, 3, 4], policy);
    const results = Array.from({ length: unproven }, (_, minute) => aResult({ minute, kind: 'unproven' }));
    const seen = addResults(family, results, policy);
    const facts = { rollout: seen, eligibleCount: 10, families: new Map([[WEB, seen]]), regions: new Map() };
    return brief(checkEvidence(facts, policy));
  };
  expect(stuck(4)).toEqual([]);
  expect(stuck(5)).toEqual([`hold ${WEB}: evidenceUsedUp`]);
});

import fc from 'fast-check';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import type { VirtualMachine } from '../../domain/virtualMachine';
import type { Plan, PlannedGroup, PlannedRound } from '../../planning/plan';
import { makePlan, type PlanRequest } from '../../planning/makePlan';
import { aSet, aVm } from './builders';

const NOVEMBER = Month.parse('2026-11');

/** A plan for November 2026, made at the release. */
export function planOf(vms: readonly VirtualMachine[], over: Partial<PlanRequest> = {}): Plan {
  const nowUtc = '2026-11-10T18:00:00.000Z';
  return makePlan({ vms, month: NOVEMBER, policy: defaultPolicy, seed: 'test', nowUtc, ...over });
}

export function groupsOf(plan: Plan): readonly PlannedGroup[] {
  return plan.phases.flatMap(({ regions }) =>
    regions.flatMap(({ stages }) => stages.flatMap(({ groups }) => groups)),
  );
}

export function roundsOf(plan: Plan): readonly PlannedRound[] {
  return groupsOf(plan).flatMap(({ rounds }) => rounds);
}

/** Pairs, a path of four regions, one without a pair, and one that is in no table. */
const REGIONS = [
  'eastus',
  'westus',
  'westus3',
  'brazilsouth',
  'brazilsoutheast',
  'southcentralus',
  'northcentralus',
  'japaneast',
  'japanwest',
  'polandcentral',
  'atlantis',
];

const oneVm = fc.record({
  region: fc.constantFrom(...REGIONS),
  zone: fc.constantFrom(null, '1', '2', '3'),
  subscriptionId: fc.constantFrom('sub-a', 'sub-b', 'sub-c', 'sub-d'),
  set: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
  updateDomain: fc.constantFrom(null, 0, 1, 2),
  timeZone: fc.constantFrom(
    null,
    null,
    null,
    'Tokyo Standard Time',
    'Nepal Standard Time',
    'GMT Standard Time',
  ),
  eligible: fc.integer({ min: 0, max: 9 }).map((n) => n > 0),
});

/** Any fleet: VMs of sets have no zone, as in Azure, and the domains of a set are given for all of it or for none. */
export const anyFleet: fc.Arbitrary<VirtualMachine[]> = fc
  .array(oneVm, { maxLength: 120, size: 'max' })
  .map((facts) =>
    facts.map(({ set, updateDomain, zone, eligible, ...fact }, index) =>
      aVm({
        ...fact,
        name: `any-${index}`,
        ...(set === null
          ? { zone }
          : {
              availabilitySetId: aSet(`${fact.region}-${set}`),
              updateDomain: set === 0 ? null : (updateDomain ?? 3),
            }),
        patchMode: eligible ? 'AutomaticByPlatform' : 'Manual',
      }),
    ),
  );

import { planted, type Mutant } from './mutant';

const LEDGER_ENTITY = 'entities/disruptionLedger.ts';
const ENTITIES_TEST = 'tests/entities/entities.test.ts';

/** Bugs that a fleet of 600 VMs does not feel and one of 10,000 does. `docs/reliability.md` has them by rule. */
export const scaleMutants: readonly Mutant[] = [
  planted(
    'the rounds of a batch run one after another',
    'planning/roundsOfBatch.ts',
    [
      'withinBudgets(rounds, candidates.budgets), atOnce };',
      'withinBudgets(rounds, candidates.budgets), atOnce: 1 };',
    ],
    'tests/planning/makePlan.test.ts',
  ),
  planted(
    'a step of the ladder is dropped where there are phases enough',
    'planning/phases.ts',
    [
      'if (missing <= 0 && phasesWithout >= phasesMin) continue;',
      'if (phasesWithout >= phasesMin) continue;',
    ],
    'tests/planning/phases.test.ts',
  ),
  planted(
    'a lane of the pool ends after its first set',
    'orchestrations/availabilitySetsRollout.ts',
    [
      '    if (take - progress.taken >= SETS_PER_GENERATION) {',
      '    if (take > 0) return { rounds: ran };\n    if (take - progress.taken >= SETS_PER_GENERATION) {',
    ],
    'tests/orchestrations/batches.test.ts',
  ),
  planted(
    'all VMs that install are the canary',
    'domain/rolloutEvidence.ts',
    ['fresh.slice(0, Math.max(0, policy.canaryVms - started))', 'fresh.slice(started - started)'],
    'tests/activities/gates.test.ts',
  ),
  planted(
    'the sweep of assessments starts a batch for all that is due',
    'orchestrations/assessmentSweep.ts',
    ['batches.length < SIDE_BY_SIDE_MAX && n < CALLS_MAX', 'n < CALLS_MAX'],
    'tests/orchestrations/sweeps.test.ts',
  ),
  planted(
    'a catch-up goes through batches as the month does',
    'planning/makeCatchUpPlan.ts',
    ['{ ...request.policy, batchSharePercents: [100] }', '{ ...request.policy }'],
    'tests/planning/makeCatchUpPlan.test.ts',
  ),
  planted(
    'a second chance of an earlier outcome takes the place of a later one',
    'store/secondChances.ts',
    ['[dueUtc, rolloutId, keyOf(vmId), atUtc]', '[dueUtc, rolloutId, keyOf(vmId)]'],
    'tests/store/secondChances.test.ts',
  ),
  planted(
    'a second chance of an earlier outcome is looked at as if it were the latest',
    'activities/collectSecondChances.ts',
    ['outcome?.waits === true && outcome.atUtc === atUtc', 'outcome?.waits === true'],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'a VM with an old agent is caught up every hour',
    'activities/collectSecondChances.ts',
    ["reason === 'agentOutdated'", 'reason === null'],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'keys of VMs are 48 bits',
    'domain/ids.ts',
    ['const HASH_DIGITS = 24;', 'const HASH_DIGITS = 12;'],
    'tests/domain/ids.test.ts',
  ),
  planted(
    'a VM in a region whose name is none takes part',
    'domain/eligibility.ts',
    ['if (!isPlaceName(region)) return', "if (region === '') return"],
    'tests/activities/planRollout.test.ts',
  ),
  planted(
    'a VM that moved since the plan is installed under the old claim',
    'domain/holds.ts',
    ['if (isSamePlace(claimed, found)) return null;', "if (claimed.region !== '') return null;"],
    'tests/activities/advanceRound.test.ts',
  ),
  planted(
    'the ledger shows the same impairments at every inspection',
    LEDGER_ENTITY,
    ['      keep(inspected(before, late, impairments));\n', ''],
    ENTITIES_TEST,
  ),
  planted(
    'a ledger that is full takes more',
    LEDGER_ENTITY,
    ['if (!grows || fitsLedger(kept)) return', 'if (!grows || kept !== null) return'],
    ENTITIES_TEST,
  ),
  planted(
    'a first batch is all VMs that were left over',
    'planning/batches.ts',
    ['Math.min(left.length, Math.floor(first / CARRIED_PART_MAX))', 'Math.min(left.length, first)'],
    'tests/planning/makePlan.test.ts',
  ),
  planted(
    'VMs that take no part are assessed',
    'domain/eligibility.ts',
    ['return vm.assessmentMode !== undefined || eligibilityHolds(vm, policy).length === 0;', 'return true;'],
    'tests/activities/assessments.test.ts',
  ),
  planted(
    'a host that does not answer counts as one that knows no such instance',
    'composition/orchestrationInstances.ts',
    [
      'error instanceof Error && NOT_FOUND.test(error.message)',
      'error instanceof Error && NOT_FOUND.source.length > 0',
    ],
    'tests/composition/orchestrationInstances.test.ts',
  ),
  planted(
    'finished instances of all days are purged in one call',
    'operatorApi/timers/purgeFinished.ts',
    ['createdTimeTo: new Date(fromMs + DAY_MS)', 'createdTimeTo: new Date(untilMs)'],
    'tests/operatorApi/purgeFinished.test.ts',
  ),
  planted(
    'a page of outcomes reads all that come after it',
    'store/listPage.ts',
    ['take: size + 2 })', 'take: size * 1000 })'],
    'tests/store/outcomes.test.ts',
  ),
  planted(
    'rounds of paired regions run at once in the forecast',
    'planning/placesInUse.ts',
    ['region !== other.region && !arePaired(region, other.region)', 'region !== other.region'],
    'tests/planning/forecast.test.ts',
  ),
  planted(
    'a batch waits for an installation that hangs in the one before',
    'activities/round/stragglers.ts',
    ['!areMostlyDone(done, vms.length, policy)', 'done < vms.length'],
    'tests/activities/stragglers.test.ts',
  ),
  planted(
    'a batch does not wait for a VM whose health is unknown',
    'activities/round/stragglers.ts',
    [
      "if (update.kind !== 'readInstall' || update.polls === 0) return false;",
      "if (update.kind !== 'readInstall') return true;",
    ],
    'tests/activities/stragglers.test.ts',
  ),
  planted(
    'a straggler holds the share of its whole round',
    'domain/ledger.ts',
    ['claim.claimId === claimId ? { ...claim, disruption: left } : claim', 'claim'],
    'tests/domain/ledger.test.ts',
  ),
  planted(
    'a process that did not keep a busy ledger sees claims in it that were released since it was compressed',
    'domain/ledgerState.ts',
    ['...without(before.claims, claims)', '...before.claims'],
    'tests/domain/ledgerState.test.ts',
  ),
  planted(
    'a take-over is forgotten by a process that did not keep a busy ledger',
    'domain/ledgerState.ts',
    ['    ...added,\n    claims:', '    ...added,\n    fences: before.fences,\n    claims:'],
    'tests/domain/ledgerState.test.ts',
  ),
  planted(
    'a VM that one listing did not have is due like a new one',
    'activities/fleet/takeListing.ts',
    ['const share = isBack.has(vm.id) ? 0 :', 'const share ='],
    'tests/activities/agreedListing.test.ts',
  ),
  planted(
    'a row that was written anew is not compared with the listing',
    'activities/fleet/agreedListing.ts',
    ['saysTheSame(is, listed.get(id)?.is ?? was)', 'saysTheSame(is, listed.get(id)?.is ?? is)'],
    'tests/activities/sameAsAgreed.test.ts',
  ),
];

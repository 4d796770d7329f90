import { planted, type Mutant } from './mutant';

const BAKE_TEST = 'tests/activities/recordBake.test.ts';
const STEPS_TEST = 'tests/activities/planSteps.test.ts';
const ASSESSMENTS_TEST = 'tests/activities/assessments.test.ts';

/** Bugs in the look after the bake, in the steps of a plan, and in the schedule of assessments. */
export const largeFleetMutants: readonly Mutant[] = [
  planted(
    'a VM that broke after its soak is not seen',
    'activities/recordBake.ts',
    ["probe === null || probe.answer === 'healthy'", "probe === null || probe.answer !== 'unknown'"],
    BAKE_TEST,
  ),
  planted(
    'silence after the bake counts as healthy',
    'activities/recordBake.ts',
    [
      "if (probe.answer === 'unknown' && !isLast) answer.unknown.push(vmId);",
      "if (probe.answer === 'unknown') return;",
    ],
    BAKE_TEST,
  ),
  planted(
    'a VM that broke after its soak counts each time it is judged',
    'domain/rolloutEvidence.ts',
    [
      'turned.filter(({ vm }) => !evidence.turned.includes(keyOf(vm)))',
      'turned.filter(({ vm }) => vm.length > 0)',
    ],
    BAKE_TEST,
  ),
  planted(
    'VMs that broke after their soak count without the healthy ones of the same look',
    'domain/rolloutEvidence.ts',
    ['addBaked(seen, { healthyCount,', 'addBaked(seen, { healthyCount: healthyCount * 0,'],
    BAKE_TEST,
  ),
  planted(
    'the last unhealthy VMs of a window count as if there were no others',
    'domain/evidence.ts',
    [' && isBad(sumOf(sum.recent), rates)) sum', ') sum'],
    'tests/domain/evidence.test.ts',
  ),
  planted(
    'the canary is forgotten when its rounds are closed',
    'domain/rolloutEvidence.ts',
    ['canaryVms: [...evidence.canaryVms, ...canaries]', 'canaryVms: canaries.slice(0, 0)'],
    BAKE_TEST,
  ),
  planted(
    'the next phase does not wait for the look after the bake',
    'orchestrations/monthlyRollout.ts',
    ['    yield* judge(context, month, phase.phase);\n', ''],
    'tests/orchestrations/monthlyRollout.test.ts',
  ),
  planted(
    'a set with a VM that broke after its soak goes on',
    'orchestrations/judgeAfterBake.ts',
    ['if (availabilitySetId !== null)', "if (availabilitySetId !== null && region === '')"],
    'tests/orchestrations/judgeAfterBake.test.ts',
  ),
  planted(
    'a plan that was killed begins again',
    'activities/rollout/planStep.ts',
    [
      'before ?? { ...facts, fingerprint, ineligible: 0, rounds: 0 }',
      '{ ...facts, fingerprint, ineligible: 0, rounds: 0 }',
    ],
    STEPS_TEST,
  ),
  planted(
    'a plan that the fleet has outrun leaves its rounds behind',
    'activities/rollout/planStep.ts',
    ['    await services.plans.clear(rolloutId);\n', ''],
    STEPS_TEST,
  ),
  planted(
    'a rollout is closed after its first hundred rounds',
    'activities/closeRollout.ts',
    ['rows[ROUNDS_A_CALL_MAX]?.row ?? null', 'null'],
    STEPS_TEST,
  ),
  planted(
    'a VM whose assessment was collected twice is due twice',
    'activities/fleet/scheduleAssessed.ts',
    ['const sinceUtc = earlier(addSeconds(startedUtc, 0), nowUtc);', 'const sinceUtc = nowUtc;'],
    ASSESSMENTS_TEST,
  ),
  planted(
    'a VM that stands on the schedule twice moves to a row named twice',
    'store/assessments.ts',
    ['upsert: [...kept.values()]', 'upsert: moves.flatMap(({ to }) => (to === null ? [] : [rowOf(to)]))'],
    ASSESSMENTS_TEST,
  ),
  planted(
    'a listing that is empty is believed',
    'domain/inventoryChanges.ts',
    ['fewer === 0 || !isMany ||', 'fewer === 0 || places.length === 0 || !isMany ||'],
    'tests/domain/inventoryChanges.test.ts',
  ),
  planted(
    'the ledger grants what was asked for before a take-over',
    'domain/ledger.ts',
    ['fence.epoch < known.epoch', 'fence.epoch < 0'],
    'tests/domain/ledger.test.ts',
  ),
  planted(
    'an installation starts in an epoch before a take-over',
    'activities/round/startInstall.ts',
    [' || row.epoch !== input.claim.epoch', ''],
    'tests/operatorApi/takeOver.test.ts',
  ),
  planted(
    'which VMs are installed is not written down before the first is',
    'activities/advanceRound.ts',
    ['if (granted.size > 0 && !(await writeAhead(ahead))) return null;', ''],
    'tests/activities/advanceRound.test.ts',
  ),
  planted(
    'a VM that was tried goes first in the next rollout',
    'store/outcomes.ts',
    ['value.filter(goesFirst)', 'value'],
    'tests/store/outcomes.test.ts',
  ),
];

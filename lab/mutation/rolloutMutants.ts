import { planted, type Mutant } from './mutant';

const EVIDENCE_RULES = 'domain/evidenceRules.ts';
const ROUND_TEST = 'tests/activities/advanceRound.test.ts';
const GATES = 'domain/gates.ts';
const CONTROL = 'domain/control.ts';
const GATES_TEST = 'tests/domain/gates.test.ts';
const CONTROL_TEST = 'tests/domain/control.test.ts';
const GATE_ACTIVITIES_TEST = 'tests/activities/gates.test.ts';
const PLAN_TEST = 'tests/planning/makePlan.test.ts';

/** Bugs in gates, in what people decide, in the plan, and in the orchestrations of a month. */
export const rolloutMutants: readonly Mutant[] = [
  planted(
    'an unhealthy canary does not halt',
    EVIDENCE_RULES,
    ['if (rollout.canaryUnhealthyCount > 0)', 'if (rollout.canaryUnhealthyCount > 99)'],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'two unhealthy VMs among the first of a family do not halt',
    EVIDENCE_RULES,
    [
      'if (seen.firstUnhealthyCount >= policy.firstResultsUnhealthyMin)',
      'if (seen.firstUnhealthyCount >= 99)',
    ],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'a round in which many installations fail holds nothing',
    EVIDENCE_RULES,
    ['if (first === undefined || failed.length < policy.failedOf) return [];', 'return [];'],
    'tests/activities/failedRounds.test.ts',
  ),
  planted(
    'a bad patch source does not hold',
    EVIDENCE_RULES,
    ['if (triedCount < policy.failedOf ||', 'if (triedCount < 1_000_000 ||'],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'exposure has no limit',
    'domain/evidence.ts',
    ['const started = fresh.slice(0, left);', 'const started = fresh.slice(0, left + fresh.length);'],
    ROUND_TEST,
  ),
  planted(
    'an installation that never started uses up exposure',
    'activities/round/roundEvidence.ts',
    ["update.result === 'notStarted'", 'update.result === null'],
    ROUND_TEST,
  ),
  planted(
    'the results of a round count twice',
    'domain/rolloutEvidence.ts',
    [
      '  if (before === undefined) return evidence; // nothing was granted, or the round is closed and everything of it counted\n  const reported',
      '  const reported',
    ],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'a phase that proved nothing opens its gate',
    GATES,
    ['if (failed === 0 || patched + upToDate > 0) return open;', 'if (failed >= 0) return open;'],
    GATES_TEST,
  ),
  planted(
    'silence does not hold a batch',
    GATES,
    ['if (health > 0 && unknown >= 2 &&', 'if (health > 0 && unknown >= 1_000_000 &&'],
    GATES_TEST,
  ),
  planted(
    'the gate of a phase is decided before every region has outcomes',
    GATES,
    ['if (silentRegions.length === 0 && are', 'if (silentRegions.length >= 0 && are'],
    GATES_TEST,
  ),
  planted(
    'VMs that were skipped are evidence',
    GATES,
    [
      'counts.patched + counts.upToDate + counts.unhealthy;',
      'counts.patched + counts.upToDate + counts.unhealthy + counts.skipped;',
    ],
    GATES_TEST,
  ),
  planted(
    'a resumed halt comes back on the same evidence for ever',
    'activities/round/roundEvidence.ts',
    ['scope !== undefined && decision !== null ?', "scope !== undefined && decision?.kind === 'skip' ?"],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'what comes after a resume is forgiven with what was seen before it',
    'operatorApi/decideRollout.ts',
    ['if (halts.length > 0) await forgiveAnswered', 'if (halts.length < 0) await forgiveAnswered'],
    'tests/activities/haltsOfFamilies.test.ts',
  ),
  planted(
    'a resumed gate halts on the same evidence for ever',
    'activities/decidePhaseGate.ts',
    ['atUtc > decidedUtc', 'atUtc !== "" || decidedUtc === ""'],
    GATE_ACTIVITIES_TEST,
  ),
  planted(
    'one resume forgets the evidence of every phase',
    CONTROL,
    ['halt.decision !== null && halt.phase === where.phase', 'halt.decision !== null'],
    CONTROL_TEST,
  ),
  planted(
    'a skip skips every phase',
    CONTROL,
    ['  if (halt.phase !== where.phase) return false;\n', ''],
    CONTROL_TEST,
  ),
  planted(
    'a pause is ignored',
    CONTROL,
    ["if (control.mode === 'paused')", "if (control.mode === 'ended')"],
    CONTROL_TEST,
  ),
  planted(
    'a halt stops its own region only',
    CONTROL,
    ['if (!regional) return true;', 'if (!regional) return region === where.region;'],
    CONTROL_TEST,
  ),
  planted(
    'a rollout goes on when its time is over',
    CONTROL,
    ["control.mode === 'ended' || nowUtc >= control.endsUtc", "control.mode === 'ended'"],
    CONTROL_TEST,
  ),
  planted(
    'a cancelled rollout goes on',
    CONTROL,
    ["  if (control.mode === 'cancelled') return { kind: 'stop', reason: 'rolloutCancelled' };\n", ''],
    CONTROL_TEST,
  ),
  planted(
    'a VM that was superseded is not marked so',
    'operatorApi/startRollout.ts',
    ["endsUtc === nextReleaseAfter(releasedUtc) ? 'superseded' : 'deadlinePassed'", "'deadlinePassed'"],
    'tests/operatorApi/startRollout.test.ts',
  ),
  planted(
    'a rollout that has ended is started again',
    'operatorApi/startRollout.ts',
    ['if (control.endedUtc === null) await startOnce(', 'await startOnce('],
    'tests/operatorApi/startRollout.test.ts',
  ),
  planted(
    'a rollout that is started again takes the ids of its former children',
    'operatorApi/startRollout.ts',
    ['status === null ? control.generation : control.generation + 1', 'control.generation'],
    'tests/operatorApi/reviveRollouts.test.ts',
  ),
  planted(
    'VMs that were not reached have no outcome',
    'activities/closeRollout.ts',
    ['known[place] === null', 'known[place] === null && phase === null'],
    'tests/activities/endings.test.ts',
  ),
  planted(
    'the same VMs go first every month',
    'planning/makePlan.ts',
    ['`${request.seed}:${month}`', '`${request.seed}`'],
    PLAN_TEST,
  ),
  planted(
    'VMs carried over go last',
    'planning/batches.ts',
    [
      '...fresh.slice(0, others), ...left.slice(ahead), ...fresh.slice(others)]',
      '...fresh, ...left.slice(ahead)]',
    ],
    PLAN_TEST,
  ),
  planted(
    'VMs of a superseded rollout are not carried over',
    'domain/outcomeTotals.ts',
    ["kind === 'deferred' || reason === 'superseded' || reason === 'deadlinePassed'", "kind === 'deferred'"],
    'tests/activities/planRollout.test.ts',
  ),
  planted(
    'batches do not grow',
    'planning/batches.ts',
    ['Math.floor((count * share) / total)', 'Math.floor((count * share) / share / sharePercents.length)'],
    PLAN_TEST,
  ),
  planted(
    'a subscription may have all its VMs in one batch',
    'planning/batches.ts',
    ['if (batches.length > 1 && spread.size > 0)', 'if (batches.length < 0)'],
    PLAN_TEST,
  ),
  planted(
    'a crash after the plan was kept leaves it without phases',
    'activities/planRollout.ts',
    [
      'if (control.plannedUtc === null) await publish(',
      'if (control.plannedUtc === null && (await services.rollouts.phases(rolloutId)).length > 0) await publish(',
    ],
    'tests/activities/planRolloutOnce.test.ts',
  ),
  planted(
    'a timer that fires early is believed',
    'orchestrations/durable.ts',
    ['while (nowUtc(context) < utc) yield', 'if (nowUtc(context) < utc) yield'],
    'tests/orchestrations/durable.test.ts',
  ),
  planted(
    'children get the version of the host',
    'orchestrations/durable.ts',
    ['contract.name, input, instanceId, context.df.version)', 'contract.name, input, instanceId)'],
    'tests/orchestrations/durable.test.ts',
  ),
  planted(
    'an activity that fails is not tried again',
    'orchestrations/durable.ts',
    ['attempts: 40,', 'attempts: 1,'],
    'tests/orchestrations/durable.test.ts',
  ),
  planted(
    'ids of children do not belong to one execution',
    'orchestrations/monthlyRollout.ts',
    [
      'const ownId = `${rolloutId}.${generation}`;',
      'const ownId = `${rolloutId}.${generation - generation}`;',
    ],
    'tests/orchestrations/monthlyRollout.test.ts',
  ),
  planted(
    'the next phase does not wait for the gate',
    'orchestrations/monthlyRollout.ts',
    ['if (started.openedUtc === null) break;', 'if (started.openedUtc === "") break;'],
    'tests/orchestrations/monthlyRollout.test.ts',
  ),
  planted(
    'there is no bake after the canary phase',
    'orchestrations/monthlyRollout.ts',
    ['  yield* waitUntil(context, addSeconds(openedUtc, bakeSeconds));\n', ''],
    'tests/orchestrations/monthlyRollout.test.ts',
  ),
  planted(
    'a round tried again meets its own former self',
    'orchestrations/availabilitySetRollout.ts',
    ['`${round.ref.round}-${attempt}`', '`${round.ref.round}`'],
    'tests/orchestrations/rounds.test.ts',
  ),
  planted(
    'a new generation forgets which rounds have run',
    'orchestrations/availabilitySetRollout.ts',
    ['progress: { done, attempts: attempt }', 'progress: { done: [], attempts: attempt }'],
    'tests/orchestrations/rounds.test.ts',
  ),
  planted(
    'a VM whose steps throw for hours counts as patched',
    'domain/vmUpdate.ts',
    [
      "because('orchestrationFailed', { step, failures: count, message })",
      "because('installed', { installedPatchCount: count })",
    ],
    'tests/domain/vmUpdate.test.ts',
  ),
  planted(
    'the zones of a region go side by side',
    'orchestrations/regionRollout.ts',
    ['for (const stage of stages) {', 'for (const stage of [...stages].reverse()) {'],
    'tests/orchestrations/regions.test.ts',
  ),
  planted(
    'a wait whose event was lost sleeps to its end',
    'orchestrations/awaitAnswer.ts',
    ['earlier(seen.nextUtc ?? untilUtc, fallbackUtc)', 'earlier(seen.nextUtc ?? untilUtc, untilUtc)'],
    'tests/orchestrations/waits.test.ts',
  ),
  planted(
    'the setting for waits whose event was lost is ignored',
    'orchestrations/awaitGo.ts',
    ['fallbackSeconds: pace.wakeFallbackSeconds', 'fallbackSeconds: 3600'],
    'tests/orchestrations/waits.test.ts',
  ),
];

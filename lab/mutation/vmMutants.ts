import { planted, type Mutant } from './mutant';

const START = 'activities/round/startInstall.ts';
const ONCE = 'activities/round/installOnce.ts';
const OPERATION = 'activities/round/installOperation.ts';
const VM_UPDATE = 'domain/vmUpdate.ts';
const START_TEST = 'tests/activities/startInstall.test.ts';
const ONCE_TEST = 'tests/activities/startInstallOnce.test.ts';
const VM_UPDATE_TEST = 'tests/domain/vmUpdate.test.ts';
const ROUND = 'activities/advanceRound.ts';
const ROUND_TEST = 'tests/activities/advanceRound.test.ts';

/** Bugs in the update of one VM: its window, its installation, its health. */
export const vmMutants: readonly Mutant[] = [
  planted(
    'off-peak hours include the minute they close',
    'domain/offPeak.ts',
    ['nowUtc < window.closesUtc', 'nowUtc <= window.closesUtc'],
    'tests/domain/offPeak.test.ts',
  ),
  planted(
    'windows of a day of the week are of every day',
    'domain/offPeak.ts',
    ['days?.includes(weekday) ?? true', 'true'],
    'tests/domain/offPeak.test.ts',
  ),
  planted(
    'a window that has just closed is the current one',
    'domain/offPeak.ts',
    ['window.closesMs > nowMs', 'window.closesMs >= nowMs'],
    'tests/domain/offPeak.test.ts',
  ),
  planted(
    'a window that ends on the day it began lasts a day more',
    'domain/offPeak.ts',
    ['(closes > opens ? day : day + 1)', '(day + 1)'],
    'tests/domain/offPeak.test.ts',
  ),
  planted('no reserve is kept for the reboot', START, [' - policy.rebootReserveSeconds;', ';'], START_TEST),
  planted(
    'no reserve is planned for the reboot',
    'planning/roundSlot.ts',
    ['policy.rebootReserveSeconds + policy.installMinimumSeconds', 'policy.installMinimumSeconds'],
    'tests/activities/chooseRound.test.ts',
  ),
  planted(
    'the start-by instant of the claim is ignored',
    START,
    [' || now > claim.startByUtc) return 0;', ') return 0;'],
    START_TEST,
  ),
  planted(
    "the VM's own window is not looked at again",
    START,
    ['!isOpen(window, now) || now > claim', 'now > claim'],
    START_TEST,
  ),
  planted(
    'too little time is time enough',
    ONCE,
    ['if (minutes < job.minutesMin)', 'if (minutes < 0)'],
    START_TEST,
  ),
  planted(
    'Definition patches are installed',
    'domain/patches.ts',
    [
      "export const AUTOMATIC_CLASSIFICATIONS = [\n  'Critical',",
      "export const AUTOMATIC_CLASSIFICATIONS = [\n  'Definition',\n  'Critical',",
    ],
    START_TEST,
  ),
  planted(
    'later phases may get later patches',
    START,
    ['await publishedBy(services, input, reading)', 'await Promise.resolve(null)'],
    START_TEST,
  ),
  planted(
    'a pause is not looked at before the request',
    ONCE,
    [
      'const forbidden = await job.forbidden(reading);',
      'const forbidden = (await Promise.resolve([])) as readonly Because[];',
    ],
    START_TEST,
  ),
  {
    ...planted('the intent is not written before the request', ONCE, [
      '  if (!(await services.operations.put(intent, etag))) return soon(services); // the row has changed since\n',
      '  void etag;\n',
    ]),
    edits: [
      [
        '  if (!(await services.operations.put(intent, etag))) return soon(services); // the row has changed since\n',
        '  void etag;\n',
      ],
      ['  if (!own || !isSameIntent(own.operation, intent)) return soon(services);\n', '  void own;\n'],
    ],
    tests: [ONCE_TEST],
  },
  planted(
    'an intent without an answer is repeated at once',
    ONCE,
    ['if (found && isUnanswered(found.operation) && services', 'if (found && found.etag === "" && services'],
    START_TEST,
    ONCE_TEST,
  ),
  planted(
    'what is installing under another claim is not looked at',
    ONCE,
    ['if (found && !mine && found.operation.endedUtc === null) {', 'if (found?.etag === "") {'],
    ONCE_TEST,
  ),
  planted(
    'an installation that another started is taken for ours',
    OPERATION,
    ['!anyRow && startTime >= sinceUtc', '!anyRow'],
    ONCE_TEST,
  ),
  planted(
    'the installation before ours is taken for ours',
    OPERATION,
    ['isUnanswered(mine) && activityId !== mine.previousActivityId', 'isUnanswered(mine)'],
    START_TEST,
    ONCE_TEST,
  ),
  planted(
    'an installation whose answer was lost is never found',
    OPERATION,
    ['isUnanswered(mine) && activityId !==', 'mine.claimId === "" && activityId !=='],
    START_TEST,
    ONCE_TEST,
  ),
  planted(
    'a new intent is forgotten when an old one ends',
    OPERATION,
    ['if (now !== null && !isSameIntent(now.operation, intent)) return;', 'if (now?.etag === "") return;'],
    ONCE_TEST,
  ),
  {
    ...planted('a crash loses the start of an installation from the audit', ONCE, ['', '']),
    edits: [
      [
        '  // the audit first: once the row has its operation, a repeat does not come here again\n',
        '  await replaceIntent(services, intent, { ...intent, operationId });\n',
      ],
    ],
    tests: ['tests/activities/auditOfInstalls.test.ts'],
  },
  {
    ...planted('a crash loses the end of an installation from the audit', OPERATION, ['', '']),
    edits: [
      [
        '  // the audit first: once the row has its end, a repeat does not come here again\n',
        '  await replaceIntent(services, operation, { ...operation, endedUtc, summary });\n',
      ],
    ],
    tests: ['tests/activities/auditOfInstalls.test.ts'],
  },
  planted(
    'a stale heartbeat is healthy',
    'domain/health.ts',
    [
      "if (heartbeat !== 'fresh' && heartbeat !== 'notDeclared')\n    return { answer: 'unknown'",
      "if (heartbeat !== 'fresh' && heartbeat !== 'notDeclared')\n    return { answer: 'healthy'",
    ],
    'tests/domain/health.test.ts',
  ),
  planted(
    'a VM that does not answer is watched no longer',
    VM_UPDATE,
    ["(health.answer !== 'unknown' || nowUtc >= silentUtc)", 'nowUtc <= silentUtc'],
    VM_UPDATE_TEST,
  ),
  planted(
    'a VM is not watched through its soak',
    VM_UPDATE,
    ['addSeconds(nowUtc, pace.soakSeconds)', 'addSeconds(nowUtc, 0)'],
    VM_UPDATE_TEST,
  ),
  planted(
    'unknown health counts as healthy',
    VM_UPDATE,
    [
      "  if (health.answer === 'unknown') return because('unknownTooLong', { because: health.because });\n",
      '',
    ],
    VM_UPDATE_TEST,
  ),
  planted(
    'a VM that its owner stopped counts as patched',
    VM_UPDATE,
    [
      "  if (health.answer === 'stopped') return because('stoppedDuringSoak', { because: health.because });\n",
      '',
    ],
    VM_UPDATE_TEST,
  ),
  planted(
    'an unhealthy VM counts as patched',
    VM_UPDATE,
    [
      "  if (health.answer === 'unhealthy') return because('unhealthyAfterUpdate', { because: health.because });\n",
      '',
    ],
    VM_UPDATE_TEST,
  ),
  planted(
    'patches that failed count as installed',
    VM_UPDATE,
    ['if (failedPatchCount > 0)', 'if (failedPatchCount < 0)'],
    VM_UPDATE_TEST,
  ),
  planted(
    'an installation that was lost counts as patched',
    VM_UPDATE,
    ["return because('installLost')", "return because('installed', { installedPatchCount: 0 })"],
    VM_UPDATE_TEST,
  ),
  planted(
    'a step that throws is not taken again',
    VM_UPDATE,
    ['if (count >= FAILURES_MAX) {', 'if (count >= 1) {'],
    VM_UPDATE_TEST,
  ),
  planted(
    'a repeated call does its steps again',
    ROUND,
    [
      'if (found !== null && found.progress.call >= call)',
      'if (found !== null && found.progress.call > call)',
    ],
    ROUND_TEST,
  ),
  planted(
    'a VM that throws holds up its round',
    ROUND,
    ["({ of: 'threw', message: messageOf(error) })", '{ throw error; }'],
    ROUND_TEST,
  ),
  planted(
    'a VM that may still be installing releases its claim',
    'orchestrations/updateDomainRollout.ts',
    ['if (unclear === 0) yield*', 'if (unclear >= 0) yield*'],
    'tests/orchestrations/updateDomainRollout.test.ts',
  ),
  planted(
    'a VM that is unhealthy before is patched',
    'domain/holds.ts',
    ["health?.answer === 'unhealthy' ?", "health?.answer === 'stopped' ?"],
    'tests/activities/lookAtVm.test.ts',
  ),
  planted(
    'a VM that is powered off is not deferred',
    'domain/holds.ts',
    ["powerState === undefined || powerState === 'running' ? null", "powerState !== 'unknown' ? null"],
    'tests/activities/lookAtVm.test.ts',
  ),
  planted(
    'an excluded VM is eligible',
    'domain/eligibility.ts',
    ["?.trim().toLowerCase() !== 'true') return null;", "?.trim().toLowerCase() !== 'yes') return null;"],
    'tests/domain/eligibility.test.ts',
  ),
  planted(
    'a VM that failed gets its second chance in the same window',
    'activities/collectSecondChances.ts',
    [
      "    if (REASONS[from.reason].kind === 'failed' && window.opensUtc <= from.atUtc) return nextWindow();\n",
      '',
    ],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'a deferred VM is never caught up',
    'domain/outcomeTotals.ts',
    ["(kind === 'deferred' || kind === 'failed')", "kind === 'failed'"],
    'tests/activities/secondChances.test.ts',
    'tests/activities/endings.test.ts',
  ),
  planted(
    'a catch-up that died while it was planned loses its VMs for the window',
    'activities/collectSecondChances.ts',
    [
      '    await services.secondChances.take(phase, look.taken);\n    if (moves.length > 0) await services.secondChances.move(moves);\n',
      '    if (moves.length > 0) await services.secondChances.move(moves);\n    await services.secondChances.take(phase, look.taken);\n',
    ],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'the plan of a catch-up that runs is made again',
    'activities/planCatchUp.ts',
    ['kept ?? (await planned(services, where))', 'await planned(services, where)'],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'a VM that cannot be assessed stays at the head of those that are due',
    'activities/collectDueAssessments.ts',
    ['    if (open.length > 0) await assessments.move(open.map(asMove));\n', ''],
    'tests/activities/assessments.test.ts',
  ),
  planted(
    'an assessment touches a VM that was excluded since',
    'activities/advanceAssessments.ts',
    [
      'reading !== null && !isAssessed(reading.vm, policy)',
      'reading !== null && isAssessed(reading.vm, policy)',
    ],
    'tests/activities/assessments.test.ts',
  ),
  planted(
    'a late duplicate overwrites a newer outcome',
    'store/outcomes.ts',
    ['before.movedTo !== undefined || before.atUtc > record.atUtc', 'before.movedTo !== undefined'],
    'tests/store/outcomes.test.ts',
  ),
  planted(
    'a VM is caught up by two catch-ups at once',
    'activities/collectSecondChances.ts',
    ['misses: 0, dueUtc: window.closesUtc };', 'misses: 0, dueUtc: nowUtc };'],
    'tests/activities/secondChances.test.ts',
  ),
  planted(
    'a catch-up that was not granted overwrites the outcome',
    'activities/endRounds.ts',
    ['if (!isCatchUp(phase)) return outcomes;', 'if (phase.length > 0) return outcomes;'],
    'tests/activities/endings.test.ts',
  ),
];

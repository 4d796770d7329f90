import fc from 'fast-check';
import type { HealthAnswer } from '../../domain/health';
import type { PatchInstallationSummary } from '../../domain/patches';
import { defaultPolicy } from '../../domain/policy';
import { firstStep, observed, type Observation } from '../../domain/vmUpdate';
import { anAssessment } from '../support/fakeDriver';
import { IN_THE_WINDOW } from '../support/fakeServices';
import {
  vmId,
  succeeded,
  failedInstall,
  family,
  START_BY,
  DEADLINE,
  outcomeOf,
  type Platform,
  type Run,
  wellBehaved,
  run,
} from '../support/vmUpdateRun';

const endsAs = ({ ending: { outcome } }: Run): string => `${outcome.kind}: ${outcome.reason}`;
const always = (answer: HealthAnswer): Platform => ({
  probe: (atUtc) => ({ of: 'probe', health: { answer, because: `it is ${answer}`, atUtc } }),
});
const installed = (summary: PatchInstallationSummary | null): Platform => ({
  readInstall: () => ({
    of: 'readInstall',
    answer: summary === null ? { kind: 'lost' } : { kind: 'ended', summary },
  }),
});

describe('a VM with patches to install', () => {
  it('R-101, R-106: is looked at, assessed, patched and watched, in this order', () => {
    const { steps, ending } = run();
    expect(steps.filter((step, n) => step !== steps[n - 1])).toEqual([
      'look',
      'startAssessment',
      'readAssessment',
      'askExposure',
      'startInstall',
      'readInstall',
      'probe',
    ]);
    expect(ending).toMatchObject({
      outcome: { kind: 'patched', reason: 'installed' },
      installation: succeeded,
      health: { answer: 'healthy' },
      assessment: anAssessment(),
    });
  });

  it('is asked about its installation after thirty minutes and then every five, or as its pace says less and less often', () => {
    // 7 min assessment; polls after 30, 5, 5, 5, 5 min; 15 min soak
    expect(run().endedUtc).toBe('2026-11-13T04:27:00.000Z');
    // 7 min assessment; polls after 5 min each; 15 min soak
    expect(run({}, { ...defaultPolicy, installPollFirstSeconds: 300 }).endedUtc).toBe(
      '2026-11-13T04:02:00.000Z',
    );
    // 7 min assessment; polls after 1, 2, 4, 5, 5 min; 15 min soak
    expect(run({}, { ...defaultPolicy, installPollFirstSeconds: 60 }).endedUtc).toBe(
      '2026-11-13T03:54:00.000Z',
    );
  });

  it('is asked about its assessment after seven minutes and then every five', () => {
    const readAt: string[] = [];
    run({
      readAssessment: (nowUtc, time) => {
        readAt.push(nowUtc);
        return time < 3
          ? { of: 'readAssessment', answer: { kind: 'running', retryAfterSeconds: null } }
          : wellBehaved.readAssessment(nowUtc, time);
      },
    });
    expect(readAt.map((utc) => utc.slice(11, 16))).toEqual(['03:22', '03:27', '03:32']);
  });

  it('is probed when its soak begins and when it ends: what it answers meanwhile decides nothing', () => {
    expect(run().steps.filter((step) => step === 'probe')).toHaveLength(2);
  });

  it('an installation that says it runs for ever is followed until its deadline and two polls, not for ever', () => {
    const { steps, ending } = run({
      readInstall: () => ({ of: 'readInstall', answer: { kind: 'running' } }),
    });
    expect(ending.outcome).toMatchObject({ kind: 'failed', reason: 'installLost' });
    const first = Date.parse('2026-11-13T07:10:00.000Z');
    expect(Date.parse(ending.outcome.atUtc)).toBeGreaterThanOrEqual(first);
    expect(Date.parse(ending.outcome.atUtc)).toBeLessThan(first + 25 * 60_000);
    expect(steps).toContain('probe');
  });
});

describe('a VM that is not to be touched', () => {
  it.each([
    ['deferred', 'poweredOff'],
    ['skipped', 'unhealthyBefore'],
    ['skipped', 'superseded'],
    ['deferred', 'rolloutPaused'],
  ] as const)('R-110: when the look says %s: %s, nothing is assessed or installed', (kind, reason) => {
    const { ending, steps } = run({ look: () => ({ of: 'look', obstacle: outcomeOf(kind, reason) }) });
    expect(ending.outcome).toMatchObject({ kind, reason });
    expect(steps).toEqual(['look']);
  });

  it('R-102: one without Critical and Security patches is up to date, whatever else is available', () => {
    const summary = anAssessment({ criticalAndSecurityPatchCount: 0, otherPatchCount: 40 });
    const seen = run({
      readAssessment: () => ({ of: 'readAssessment', answer: { kind: 'assessed', summary } }),
    });
    expect(endsAs(seen)).toBe('upToDate: nothingToInstall');
    expect(seen.steps).not.toContain('startInstall');
  });

  it.each([
    [
      'was refused',
      {
        startAssessment: () => ({
          of: 'startAssessment',
          refusal: { passes: false, message: 'no', retryAfterSeconds: null },
        }),
      },
    ],
    [
      'failed',
      { readAssessment: () => ({ of: 'readAssessment', answer: { kind: 'failed', message: 'no' } }) },
    ],
    [
      'never ended',
      {
        readAssessment: () => ({
          of: 'readAssessment',
          answer: { kind: 'running', retryAfterSeconds: null },
        }),
      },
    ],
    [
      'was refused for ever',
      {
        startAssessment: () => ({
          of: 'startAssessment',
          refusal: { passes: true, message: 'later', retryAfterSeconds: null },
        }),
      },
    ],
  ] satisfies [string, Platform][])(
    'one whose assessment %s fails, and nothing is installed',
    (_how, over) => {
      const seen = run(over);
      expect(endsAs(seen)).toBe('failed: assessmentFailed');
      expect(seen.steps).not.toContain('startInstall');
      expect(seen.endedUtc <= '2026-11-13T04:20:00.000Z').toBe(true);
    },
  );

  it('an assessment that the platform throttles is asked for again, not sooner than the platform says', () => {
    const asked: string[] = [];
    const seen = run({
      startAssessment: (nowUtc, time) => {
        asked.push(nowUtc);
        if (time > 1) return { of: 'startAssessment', operationId: 'assess-1' };
        return { of: 'startAssessment', refusal: { passes: true, message: 'later', retryAfterSeconds: 900 } };
      },
    });
    expect(endsAs(seen)).toBe('patched: installed');
    expect(Date.parse(asked[1] ?? '') - Date.parse(asked[0] ?? '')).toBe(900_000);
  });

  it('a running assessment is read again not sooner than the platform says', () => {
    const read: string[] = [];
    run({
      readAssessment: (nowUtc, time) => {
        read.push(nowUtc);
        if (time > 1) return wellBehaved.readAssessment(nowUtc, time);
        return { of: 'readAssessment', answer: { kind: 'running', retryAfterSeconds: 700 } };
      },
    });
    expect(Date.parse(read[1] ?? '') - Date.parse(read[0] ?? '')).toBe(700_000);
  });

  it('one whose installation may not start ends with the outcome given', () => {
    const outcome = outcomeOf('deferred', 'windowMissed');
    const seen = run({ startInstall: () => ({ of: 'startInstall', answer: { kind: 'end', outcome } }) });
    expect(seen.ending).toMatchObject({ outcome, assessment: anAssessment(), installation: null });
    expect(seen.steps).not.toContain('probe');
  });
});

describe('INV-14: a VM whose family has proven too little', () => {
  const held = (until: number): Run =>
    run({
      askExposure: (_, time) => ({ of: 'askExposure', granted: time > until, startByUtc: START_BY }),
    });

  it('waits within its window, and is patched when the evidence comes', () => {
    const seen = held(4);
    expect(endsAs(seen)).toBe('patched: installed');
    expect(seen.steps.filter((step) => step === 'askExposure')).toHaveLength(5);
    expect(seen.steps.filter((step) => step === 'look')).toHaveLength(1);
  });

  it('is deferred, with its family, when no install can start any more in this window', () => {
    const seen = held(Infinity);
    expect(seen.ending).toMatchObject({
      outcome: { kind: 'deferred', reason: 'evidenceLimit', facts: { family } },
      assessment: anAssessment(),
      result: null,
    });
    expect(seen.endedUtc >= START_BY).toBe(true);
    expect(seen.steps).not.toContain('startInstall');
  });
});

describe('what an installation says of the patch', () => {
  const resultOf = (answer: HealthAnswer, summary: PatchInstallationSummary | null): string | null =>
    run({ ...always(answer), ...installed(summary) }).ending.result;

  it.each([
    ['healthy', { ...succeeded, installedPatchCount: 1 }, 'healthy'],
    ['unhealthy', succeeded, 'unhealthy'],
    ['unknown', succeeded, 'unhealthy'],
    ['stopped', succeeded, 'unproven'],
    ['healthy', null, 'failed'],
    ['healthy', failedInstall, 'failed'],
    ['healthy', { ...succeeded, failedPatchCount: 1 }, 'failed'],
    ['healthy', { ...succeeded, pendingPatchCount: 1 }, 'healthy'],
    ['healthy', { ...succeeded, pendingPatchCount: 1, installedPatchCount: 0 }, 'unproven'],
    ['healthy', { ...succeeded, installedPatchCount: 0 }, 'unproven'],
  ] as const)('%s after %j: %s', (answer, summary, result) => {
    expect(resultOf(answer, summary)).toBe(result);
  });

  it('a VM whose installation was refused gives back what it was granted; one that threw may have started', () => {
    const outcome = outcomeOf('deferred', 'windowMissed');
    const refused = run({ startInstall: () => ({ of: 'startInstall', answer: { kind: 'end', outcome } }) });
    expect(refused.ending.result).toBe('notStarted');
    expect(run({ startInstall: () => ({ of: 'threw', message: 'x' }) }).ending.result).toBe('unproven');
  });

  it('an installation that installed nothing is no patch: the VM is up to date', () => {
    expect(endsAs(run(installed({ ...succeeded, installedPatchCount: 0 })))).toBe(
      'upToDate: nothingToInstall',
    );
  });
});

describe('R-204: success is measured by health after the update', () => {
  it.each([
    ['healthy', 'went well', 'patched: installed', succeeded],
    ['unhealthy', 'went well', 'unhealthy: unhealthyAfterUpdate', succeeded],
    ['unhealthy', 'failed', 'unhealthy: unhealthyAfterUpdate', failedInstall],
    ['unhealthy', 'was lost', 'unhealthy: unhealthyAfterUpdate', null],
    ['unknown', 'went well', 'unhealthy: unknownTooLong', succeeded],
    ['unknown', 'was lost', 'unhealthy: unknownTooLong', null],
    ['stopped', 'went well', 'deferred: stoppedDuringSoak', succeeded],
    ['healthy', 'was lost', 'failed: installLost', null],
    ['healthy', 'failed', 'failed: installFailed', failedInstall],
    ['healthy', 'left failed patches', 'failed: patchesFailed', { ...succeeded, failedPatchCount: 1 }],
    ['healthy', 'left pending patches', 'failed: patchesPending', { ...succeeded, pendingPatchCount: 2 }],
    ['healthy', 'had warnings', 'patched: installed', { ...succeeded, status: 'CompletedWithWarnings' }],
  ] as const)('%s, after an installation that %s, is %s', (answer, _how, outcome, summary) => {
    expect(endsAs(run({ ...always(answer), ...installed(summary) }))).toBe(outcome);
  });

  const probing = (answer: (time: number) => HealthAnswer): Run =>
    run({
      ...installed(succeeded),
      probe: (atUtc, time) => ({ of: 'probe', health: { answer: answer(time), because: '', atUtc } }),
    });

  it('INV-10: a VM that is unknown at the end of the soak is never healthy: it is watched until it answers', () => {
    const seen = probing((time) => (time < 6 ? 'unknown' : 'healthy'));
    expect(endsAs(seen)).toBe('patched: installed');
    expect(seen.endedUtc).toBe('2026-11-13T04:27:00.000Z'); // 7 min assessment, 30 install, 15 soak, 20 of silence
  });

  it('INV-10: a VM that stays silent for an hour after the soak is unhealthy', () => {
    const seen = probing(() => 'unknown');
    expect(endsAs(seen)).toBe('unhealthy: unknownTooLong');
    expect(seen.endedUtc).toBe('2026-11-13T05:07:00.000Z');
  });

  it('health counts at the end of the soak: a VM that was healthy only before is not', () => {
    expect(endsAs(probing((time) => (time < 2 ? 'healthy' : 'unhealthy')))).toBe(
      'unhealthy: unhealthyAfterUpdate',
    );
  });

  it('R-104: a VM that reboots during its soak has until its end to come back', () => {
    expect(endsAs(probing((time) => (time < 2 ? 'unhealthy' : 'healthy')))).toBe('patched: installed');
  });
});

describe('INV-7, INV-8: whatever the platform answers', () => {
  it('a step that throws is taken again, later and later; after three hours the VM ends, and says at which step', () => {
    const seen = run({ probe: () => ({ of: 'threw', message: 'connection reset' }) });
    expect(endsAs(seen)).toBe('failed: orchestrationFailed');
    expect(seen.ending.outcome.detail).toMatch(/probe failed 40 times: connection reset/);
    const hours = (Date.parse(seen.endedUtc) - Date.parse(IN_THE_WINDOW)) / 3_600_000;
    expect(hours).toBeGreaterThan(3);
    expect(hours).toBeLessThan(4);
  });

  it('an observation of another step than the one that was due is refused', () => {
    const reported: Observation = { of: 'readInstall', answer: { kind: 'lost' } };
    const moment = { vmId, nowUtc: IN_THE_WINDOW, pace: defaultPolicy };
    expect(() => observed(firstStep(IN_THE_WINDOW), reported, moment)).toThrow(/next step is look/);
  });

  it('one VM is installed at most once, waits only forwards, and ends in exactly one outcome', () => {
    fc.assert(
      fc.property(
        fc.record({
          look: fc.boolean(),
          patches: fc.nat(2),
          starts: fc.array(fc.constantFrom('started', 'wait', 'end'), { minLength: 1, maxLength: 6 }),
          probes: fc.array(fc.constantFrom<HealthAnswer>('healthy', 'unhealthy', 'unknown', 'stopped'), {
            minLength: 1,
            maxLength: 6,
          }),
          summary: fc.constantFrom(succeeded, failedInstall, null),
          throwing: fc.array(fc.boolean(), { maxLength: 12 }),
        }),
        ({ look, patches, starts, probes, summary, throwing }) => {
          let taken = 0;
          let installs = 0;
          const flaky = (observation: () => Observation): Observation => {
            taken += 1;
            return throwing[taken] === true ? { of: 'threw', message: 'no answer' } : observation();
          };
          const seen = run({
            look: () =>
              flaky(() =>
                look ? { of: 'look', family } : { of: 'look', obstacle: outcomeOf('deferred', 'poweredOff') },
              ),
            readAssessment: () =>
              flaky(() => ({
                of: 'readAssessment',
                answer: {
                  kind: 'assessed',
                  summary: anAssessment({ criticalAndSecurityPatchCount: patches }),
                },
              })),
            startInstall: (nowUtc, time) =>
              flaky(() => {
                const kind = time > 20 ? 'end' : (starts[time - 1] ?? starts.at(-1));
                if (kind === 'wait') {
                  const untilUtc = new Date(Date.parse(nowUtc) + 30_000).toISOString();
                  return { of: 'startInstall', answer: { kind, untilUtc } };
                }
                if (kind === 'end')
                  return {
                    of: 'startInstall',
                    answer: { kind, outcome: outcomeOf('deferred', 'windowMissed') },
                  };
                installs += 1;
                return {
                  of: 'startInstall',
                  answer: { kind: 'started', deadlineUtc: DEADLINE, operationId: 'install-1' },
                };
              }),
            ...installed(summary),
            probe: (atUtc, time) =>
              flaky(() => ({
                of: 'probe',
                health: { answer: probes[time - 1] ?? probes.at(-1) ?? 'unknown', because: '', atUtc },
              })),
          });
          expect(installs).toBeLessThanOrEqual(1);
          expect(seen.ending.outcome.vmId).toBe(vmId);
          const isProven = seen.ending.outcome.kind !== 'patched' || seen.ending.health?.answer === 'healthy';
          expect(isProven).toBe(true);
        },
      ),
    );
  });
});

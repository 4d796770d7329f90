import fc from 'fast-check';
import type { HealthAnswer } from '../../domain/health';
import type { Outcome, OutcomeKind, OutcomeReason } from '../../domain/outcome';
import type { PatchInstallationSummary } from '../../domain/patches';
import { patchVm } from '../../orchestrations/patchVm';
import { anAssessment, anInstallation } from '../support/fakeDriver';
import { IN_THE_NIGHT } from '../support/fakeServices';
import { after, replay, type Run } from '../support/replay';
import { patchInput, vmId, vmKey } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

const DEADLINE = '2026-11-13T07:00:00.000Z';
const succeeded = anInstallation({ status: 'Succeeded', installedPatchCount: 3 });

const FAILED = anInstallation({ status: 'Failed' });

type Activities = NonNullable<Scene['activities']>;

function outcomeOf(kind: OutcomeKind, reason: OutcomeReason): Outcome {
  return { vmId, kind, reason, detail: '', atUtc: IN_THE_NIGHT };
}

/** The story of a VM that has three patches to install, after which it is healthy. */
function story(
  over: Activities = {},
  summary: PatchInstallationSummary | null = succeeded,
  installSeconds = 1200,
): Promise<Run> {
  const activities: Activities = {
    lookAtVm: () => ({ kind: 'go' }),
    startAssessments: () => ({
      started: [{ vmId, operationId: 'assess-1' }],
      refused: [],
      retryAfterSeconds: null,
    }),
    collectAssessments: () => ({ running: [], assessed: [{ vmId, summary: anAssessment() }], failed: [] }),
    startInstall: () => ({ kind: 'started', deadlineUtc: DEADLINE }),
    probeHealth: (_, nowUtc) => ({ answer: 'healthy', because: '', atUtc: nowUtc }),
    recordOutcome: () => ({}),
    ...over,
  };
  const children = { awaitInstall: () => after(installSeconds, { summary }) };
  return replay(patchVm, {
    input: patchInput,
    nowUtc: IN_THE_NIGHT,
    instanceId: 'round-1',
    activities,
    children,
  });
}

const always =
  (answer: HealthAnswer): NonNullable<Activities['probeHealth']> =>
  (_, nowUtc) => ({ answer, because: `it is ${answer}`, atUtc: nowUtc });

describe('a VM with patches to install', () => {
  it('R-101, R-106: is looked at, assessed, patched, watched and written down, in this order', async () => {
    const { output, story: told } = await story();
    expect(output).toEqual({ kind: 'patched', reason: 'installed' });
    expect(told.filter((name, n) => name !== told[n - 1])).toEqual([
      ...['lookAtVm', 'startAssessments', 'collectAssessments', 'virtualMachine.apply'],
      ...['startInstall', 'virtualMachine.apply', 'awaitInstall', 'probeHealth', 'recordOutcome'],
      'virtualMachine.apply',
    ]);
  });

  it('is installed under the claim of its round', async () => {
    const { of } = await story();
    const { claim } = patchInput;
    expect(of('startInstall')).toEqual([
      expect.objectContaining({
        claim: { claimId: claim.claimId, startByUtc: claim.startByUtc },
        sinceUtc: IN_THE_NIGHT,
      }),
    ]);
    expect(of('awaitInstall')).toEqual([
      expect.objectContaining({ claimId: 'claim-1', sinceUtc: IN_THE_NIGHT }),
    ]);
  });

  it('tells its entity what was assessed, that it is being installed, and how it ended', async () => {
    const { calls } = await story();
    const told = calls.filter(({ kind }) => kind === 'signal');
    expect(told.map(({ input }) => (input as { kind: string }).kind)).toEqual([
      ...['assessed', 'installStarted', 'ended'],
    ]);
    expect(told.every(({ id }) => id === vmKey)).toBe(true);
  });

  it('is waited for until its deadline, and a little longer, not for ever', async () => {
    const { of } = await story();
    expect(of('awaitInstall')).toEqual([expect.objectContaining({ untilUtc: '2026-11-13T07:10:00.000Z' })]);
  });
});

describe('a VM that is not to be touched', () => {
  it.each([
    ['deferred', 'poweredOff'],
    ['skipped', 'unhealthyBefore'],
    ['skipped', 'superseded'],
    ['deferred', 'rolloutPaused'],
  ] as const)('R-110: when the look says %s: %s, nothing is assessed or installed', async (kind, reason) => {
    const { output, story: told } = await story({
      lookAtVm: () => ({ kind: 'end', outcome: outcomeOf(kind, reason) }),
    });
    expect(output).toEqual({ kind, reason });
    expect(told).toEqual(['lookAtVm', 'recordOutcome', 'virtualMachine.apply']);
  });

  it('R-102: one without Critical and Security patches is up to date, whatever else is available', async () => {
    const summary = anAssessment({ criticalAndSecurityPatchCount: 0, otherPatchCount: 40 });
    const { output, story: told } = await story({
      collectAssessments: () => ({ running: [], assessed: [{ vmId, summary }], failed: [] }),
    });
    expect(output).toEqual({ kind: 'upToDate', reason: 'nothingToInstall' });
    expect(told).not.toContain('startInstall');
  });

  it.each([
    [
      'was refused',
      {
        startAssessments: () => ({
          started: [],
          refused: [{ vmId, code: 'notAllowed', message: 'no' }],
          retryAfterSeconds: null,
        }),
      },
    ],
    [
      'failed',
      { collectAssessments: () => ({ running: [], assessed: [], failed: [{ vmId, message: 'no' }] }) },
    ],
    [
      'never ended',
      {
        collectAssessments: () => ({
          running: [{ vmId, operationId: 'assess-1' }],
          assessed: [],
          failed: [],
        }),
      },
    ],
  ] satisfies [string, Activities][])(
    'one whose assessment %s fails, and nothing is installed',
    async (_how, over) => {
      const { output, story: told, endedUtc } = await story(over);
      expect(output).toEqual({ kind: 'failed', reason: 'assessmentFailed' });
      expect(told).not.toContain('startInstall');
      expect(endedUtc <= '2026-11-13T04:20:00.000Z').toBe(true);
    },
  );

  it('an assessment that meets patience waits for its turn', async () => {
    let asked = 0;
    const { output } = await story({
      startAssessments: () => {
        asked += 1;
        return asked === 1
          ? { started: [], refused: [{ vmId, code: 'throttled', message: 'later' }], retryAfterSeconds: 60 }
          : { started: [{ vmId, operationId: 'assess-1' }], refused: [], retryAfterSeconds: null };
      },
    });
    expect(output).toEqual({ kind: 'patched', reason: 'installed' });
  });

  it('one whose installation may not start ends as it was told', async () => {
    const { output, story: told } = await story({
      startInstall: () => ({ kind: 'end', outcome: outcomeOf('deferred', 'windowMissed') }),
    });
    expect(output).toEqual({ kind: 'deferred', reason: 'windowMissed' });
    expect(told).not.toContain('probeHealth');
  });
});

describe('R-204: success is measured by health after the update', () => {
  it.each([
    ['healthy', 'went well', 'patched', 'installed', succeeded],
    ['unhealthy', 'went well', 'unhealthy', 'unhealthyAfterUpdate', succeeded],
    ['unhealthy', 'failed', 'unhealthy', 'unhealthyAfterUpdate', FAILED],
    ['unhealthy', 'was lost', 'unhealthy', 'unhealthyAfterUpdate', null],
    ['unknown', 'went well', 'unhealthy', 'unknownTooLong', succeeded],
    ['unknown', 'was lost', 'unhealthy', 'unknownTooLong', null],
    ['stopped', 'went well', 'deferred', 'stoppedDuringSoak', succeeded],
    ['healthy', 'was lost', 'failed', 'installLost', null],
    ['healthy', 'failed', 'failed', 'installFailed', FAILED],
    ['healthy', 'left failed patches', 'failed', 'patchesFailed', { ...succeeded, failedPatchCount: 1 }],
    ['healthy', 'left pending patches', 'failed', 'patchesPending', { ...succeeded, pendingPatchCount: 2 }],
    [
      'healthy',
      'completed with warnings',
      'patched',
      'installed',
      { ...succeeded, status: 'CompletedWithWarnings' },
    ],
  ] as const)('%s, after an installation that %s: %s, %s', async (answer, _how, kind, reason, summary) => {
    const { output } = await story({ probeHealth: always(answer) }, summary);
    expect(output).toEqual({ kind, reason });
  });

  it('INV-10: unknown at the end of the soak is never healthy: it is watched until it answers', async () => {
    let probes = 0;
    const { output, endedUtc } = await story({
      probeHealth: (_, nowUtc) => {
        probes += 1;
        return { answer: probes < 8 ? 'unknown' : 'healthy', because: '', atUtc: nowUtc };
      },
    });
    expect(output).toEqual({ kind: 'patched', reason: 'installed' });
    expect(endedUtc).toBe('2026-11-13T04:15:00.000Z'); // 5 min assessment, 20 min install, 15 soak, 20 of silence
  });

  it('INV-10: who stays silent for an hour after the soak is unhealthy', async () => {
    const { output, endedUtc } = await story({ probeHealth: always('unknown') });
    expect(output).toEqual({ kind: 'unhealthy', reason: 'unknownTooLong' });
    expect(endedUtc).toBe('2026-11-13T04:55:00.000Z');
  });

  it('health is judged at the end of the soak: who was healthy only before is not', async () => {
    let probes = 0;
    const { output } = await story({
      probeHealth: (_, nowUtc) => {
        probes += 1;
        return { answer: probes < 4 ? 'healthy' : 'unhealthy', because: '', atUtc: nowUtc };
      },
    });
    expect(output).toEqual({ kind: 'unhealthy', reason: 'unhealthyAfterUpdate' });
  });

  it('R-104: who reboots during its soak has until its end to come back', async () => {
    let probes = 0;
    const { output } = await story({
      probeHealth: (_, nowUtc) => {
        probes += 1;
        return { answer: probes < 4 ? 'unhealthy' : 'healthy', because: '', atUtc: nowUtc };
      },
    });
    expect(output).toEqual({ kind: 'patched', reason: 'installed' });
  });
});

const anyStart = fc.constantFrom('started', 'wait', 'end');
const anyHealth = fc.constantFrom<HealthAnswer>('healthy', 'unhealthy', 'unknown', 'stopped');
const anySummary = fc.constantFrom(
  succeeded,
  null,
  anInstallation({ status: 'Failed' }),
  anInstallation({ pendingPatchCount: 1 }),
);

describe('INV-7, INV-8: whatever the services answers', () => {
  it('one VM is installed at most once, and ends in exactly one outcome, written down once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          look: fc.boolean(),
          found: fc.constantFrom('patches', 'none', 'failed'),
          starts: fc.array(anyStart, { minLength: 1, maxLength: 6 }),
          probes: fc.array(anyHealth, { minLength: 1, maxLength: 6 }),
          summary: anySummary,
          failing: fc.array(fc.boolean(), { maxLength: 12 }),
        }),
        async ({ look, found, starts, probes, summary, failing }) => {
          const turns = { start: 0, probe: 0, any: 0 };
          const next = <T>(list: readonly T[], turn: 'start' | 'probe'): T | undefined => {
            turns[turn] += 1;
            return list[turns[turn] - 1] ?? list.at(-1);
          };
          // An activity may fail now and then; three times in a row it is tried again.
          let failures = 0;
          const flaky = (): void => {
            turns.any += 1;
            failures = failing[turns.any] === true && failures < 3 ? failures + 1 : 0;
            if (failures > 0) throw new Error('storage does not answer');
          };
          const run = await story(
            {
              lookAtVm: () => {
                flaky();
                return look ? { kind: 'go' } : { kind: 'end', outcome: outcomeOf('deferred', 'poweredOff') };
              },
              collectAssessments: () => {
                if (found === 'failed')
                  return { running: [], assessed: [], failed: [{ vmId, message: 'no' }] };
                const criticalAndSecurityPatchCount = found === 'none' ? 0 : 3;
                const assessed = [{ vmId, summary: anAssessment({ criticalAndSecurityPatchCount }) }];
                return { running: [], assessed, failed: [] };
              },
              startInstall: (_, nowUtc) => {
                flaky();
                const kind = next(starts, 'start');
                if (kind === 'started') return { kind, deadlineUtc: DEADLINE };
                if (kind === 'wait' && turns.start < 20)
                  return { kind, untilUtc: new Date(Date.parse(nowUtc) + 30_000).toISOString() };
                return { kind: 'end', outcome: outcomeOf('deferred', 'windowMissed') };
              },
              probeHealth: (_, nowUtc) => {
                flaky();
                return { answer: next(probes, 'probe') ?? 'unknown', because: '', atUtc: nowUtc };
              },
            },
            summary,
          );
          expect(run.failure).toBeNull();
          expect(run.of('awaitInstall').length).toBeLessThanOrEqual(1);
          const written = run.of('recordOutcome') as { outcome: Outcome }[];
          expect(written.map(({ outcome }) => ({ kind: outcome.kind, reason: outcome.reason }))).toEqual([
            run.output,
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

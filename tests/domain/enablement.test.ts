import { anAssessment } from '../support/fakeDriver';
import { defaultPolicy } from '../../domain/policy';
import {
  afterAssessmentRead,
  afterAssessmentStart,
  afterExtensionRead,
  afterExtensionStart,
  afterFailure,
  afterLook,
  firstEnablement,
  type Advanced,
  type ExtensionAnswer,
  type Moment,
  type Standing,
  type StartAnswer,
} from '../../domain/enablement';
import type { AssessmentAnswer } from '../../domain/vmUpdate';

const NOON = '2026-11-12T17:00:00.000Z';
const ENDS = '2026-12-17T17:00:00.000Z';
const OPENS = '2026-11-13T03:00:00.000Z';
const CLOSES = '2026-11-13T11:00:00.000Z';
const NEXT_OPENS = '2026-11-14T03:00:00.000Z';
const NEXT_CLOSES = '2026-11-14T11:00:00.000Z';

const windowAt = (nowUtc: string): { opensUtc: string; closesUtc: string } =>
  nowUtc < CLOSES ? { opensUtc: OPENS, closesUtc: CLOSES } : { opensUtc: NEXT_OPENS, closesUtc: NEXT_CLOSES };

interface Platform {
  readonly look: (nowUtc: string) => Standing;
  readonly startExtension: (nowUtc: string, closesUtc: string) => StartAnswer;
  readonly readExtension: (nowUtc: string) => ExtensionAnswer;
  readonly startAssessment: (nowUtc: string) => StartAnswer;
  readonly readAssessment: (nowUtc: string) => AssessmentAnswer;
}

const STARTED: StartAnswer = { kind: 'started', operationId: 'operation-1', retryAfterSeconds: null };
const NOT_RUNNING: StartAnswer = {
  kind: 'refused',
  code: 'notRunning',
  message: 'The VM is not running.',
  retryAfterSeconds: null,
};
const BUSY: StartAnswer = { kind: 'refused', code: 'conflict', message: 'busy', retryAfterSeconds: 60 };

/** A VM whose extension takes so many minutes of work, which stops when off-peak hours end and goes on in the next. */
function aGuest(minutes: number): Platform {
  let installed = false;
  let leftMinutes = minutes;
  let untilUtc = '';
  let stopsUtc = '';
  return {
    look: (nowUtc) =>
      installed
        ? { kind: 'ready', detail: 'Automatic Windows Update is turned off.', ...windowAt(nowUtc) }
        : { kind: 'window', enabled: false, ...windowAt(nowUtc) },
    startExtension: (nowUtc, closesUtc) => {
      const doneMs = Date.parse(nowUtc) + leftMinutes * 60_000;
      untilUtc = new Date(doneMs).toISOString();
      stopsUtc = closesUtc;
      leftMinutes = Math.max(0, (doneMs - Date.parse(closesUtc)) / 60_000);
      return STARTED;
    },
    readExtension: (nowUtc) => {
      installed = nowUtc >= untilUtc && untilUtc <= stopsUtc;
      if (installed) return { kind: 'installed' };
      return nowUtc >= stopsUtc
        ? { kind: 'failed', message: 'Off-peak hours ended before the extension was installed.' }
        : { kind: 'running' };
    },
    startAssessment: () => STARTED,
    readAssessment: () => ({ kind: 'assessed', summary: anAssessment() }),
  };
}

interface Run {
  readonly output: { readonly enabled: boolean; readonly detail: string };
  readonly endedUtc: string;
  /** What was reported of it, in order. */
  readonly reported: readonly string[];
  readonly steps: readonly { readonly name: string; readonly atUtc: string; readonly endsUtc: string }[];
}

/** Takes every step at the instant at which it is due. */
function enable(platform: Platform, endsUtc = ENDS): Run {
  const reported: string[] = [];
  const steps: { name: string; atUtc: string; endsUtc: string }[] = [];
  let nowUtc = NOON;
  for (let enablement = firstEnablement(NOON); ;) {
    const { next } = enablement;
    nowUtc = next.dueUtc > nowUtc ? next.dueUtc : nowUtc;
    steps.push({ name: next.kind, atUtc: nowUtc, endsUtc: next.kind === 'look' ? '' : next.endsUtc });
    const moment: Moment = { nowUtc, begunUtc: NOON, endsUtc, pace: defaultPolicy };
    const advanced = ((): Advanced => {
      switch (next.kind) {
        case 'look':
          return afterLook(enablement, platform.look(nowUtc), moment);
        case 'startExtension':
          return afterExtensionStart(enablement, next, platform.startExtension(nowUtc, next.endsUtc), moment);
        case 'readExtension':
          return afterExtensionRead(enablement, next, platform.readExtension(nowUtc), moment);
        case 'startAssessment':
          return afterAssessmentStart(enablement, next, platform.startAssessment(nowUtc), moment);
        case 'readAssessment':
          return afterAssessmentRead(enablement, next, platform.readAssessment(nowUtc), moment);
      }
    })();
    if (advanced.signal !== undefined) reported.push(`${advanced.signal.state}: ${advanced.signal.detail}`);
    if (advanced.kind === 'ended') return { output: advanced, endedUtc: nowUtc, reported, steps };
    enablement = advanced.enablement;
    if (steps.length > 2_000) throw new Error('It never ends.');
  }
}

const stepsOf = (run: Run, name: string): string[] =>
  run.steps.filter((step) => step.name === name).map(({ atUtc }) => atUtc);

describe('the enablement of a VM', () => {
  it('R-702, R-704, R-709: waits for off-peak hours, installs the extension, assesses, and is ready', () => {
    const run = enable(aGuest(30));
    expect(run.output).toMatchObject({ enabled: true });
    expect(stepsOf(run, 'startExtension')).toEqual([OPENS]);
    expect(run.reported).toEqual([
      'pending: Waiting for off-peak hours.',
      'pending: The patch extension is being installed.',
      'ready: Automatic Windows Update is turned off.',
    ]);
  });

  it('R-702: it may take more than three hours', () => {
    const run = enable(aGuest(200));
    expect(run.output).toMatchObject({ enabled: true });
    expect(stepsOf(run, 'startExtension')).toHaveLength(1);
    expect(run.endedUtc > '2026-11-13T06:20:00.000Z' && run.endedUtc < CLOSES).toBe(true);
  });

  it('R-704, R-705: when off-peak hours end first it stops, and goes on in the next from where it was', () => {
    const run = enable(aGuest(10 * 60));
    expect(run.output).toMatchObject({ enabled: true });
    expect(stepsOf(run, 'startExtension')).toEqual([OPENS, NEXT_OPENS]);
    const closings = run.steps.flatMap(({ name, endsUtc }) => (name === 'startExtension' ? [endsUtc] : []));
    expect(closings).toEqual([CLOSES, NEXT_CLOSES]);
    // Eight of its ten hours were done in the first window.
    expect(run.endedUtc < '2026-11-14T05:30:00.000Z').toBe(true);
  });

  it('R-113, R-704: an extension that is ready in the last minute is assessed in the next off-peak hours', () => {
    expect(stepsOf(enable(aGuest(8 * 60)), 'startAssessment')).toEqual([NEXT_OPENS]);
  });

  it('R-503, R-504: says what the VM lacks, looks again through the window, and goes on when it is corrected', () => {
    const guest = aGuest(30);
    const obstacle = 'The Windows Update service is not running on the VM. Start the service.';
    const run = enable({
      ...guest,
      look: (nowUtc) => {
        const standing = guest.look(nowUtc);
        return standing.kind === 'window' && nowUtc < '2026-11-13T05:00:00.000Z'
          ? { ...standing, obstacle }
          : standing;
      },
    });
    expect(run.output).toMatchObject({ enabled: true });
    expect(run.reported[0]).toBe(`pending: ${obstacle}`);
    const [started = ''] = stepsOf(run, 'startExtension');
    expect(started >= '2026-11-13T05:00:00.000Z' && started < '2026-11-13T05:30:00.000Z').toBe(true);
  });

  const refusedUntil = (utc: string, answer: StartAnswer): Platform => {
    const guest = aGuest(30);
    const startExtension: Platform['startExtension'] = (nowUtc, closesUtc) =>
      nowUtc < utc ? answer : guest.startExtension(nowUtc, closesUtc);
    return { ...guest, startExtension };
  };

  it('R-702: a VM that is only just starting is tried again after seconds', () => {
    const run = enable(refusedUntil('2026-11-13T03:00:40.000Z', NOT_RUNNING));
    expect(stepsOf(run, 'startExtension')).toEqual([
      OPENS,
      '2026-11-13T03:00:15.000Z',
      '2026-11-13T03:00:45.000Z',
    ]);
  });

  it('R-702: tries that fail come ever later, up to half an hour', () => {
    const run = enable(refusedUntil(ENDS, NOT_RUNNING), NEXT_CLOSES);
    const tries = stepsOf(run, 'startExtension')
      .filter((at) => at < CLOSES)
      .map((at) => Date.parse(at));
    const pauses = tries.slice(1).map((at, n) => (at - (tries[n] ?? 0)) / 1000);
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, ...Array<number>(14).fill(1800)]);
    const later = stepsOf(run, 'startExtension').filter((at) => at >= NEXT_OPENS);
    expect(later.slice(0, 2)).toEqual([NEXT_OPENS, '2026-11-14T03:30:00.000Z']);
  });

  it('R-702: a VM that is off in its off-peak hours is asked again, in the same window and in the next', () => {
    const run = enable(refusedUntil(NEXT_OPENS, NOT_RUNNING));
    expect(run.output).toMatchObject({ enabled: true });
    expect(run.reported).toContain('pending: The VM is not running.');
    expect(stepsOf(run, 'startExtension').every((at) => at < CLOSES || at >= NEXT_OPENS)).toBe(true);
  });

  it('a refusal that passes is asked again soon', () => {
    const run = enable(refusedUntil('2026-11-13T03:00:30.000Z', BUSY));
    expect(stepsOf(run, 'startExtension')).toEqual([OPENS, '2026-11-13T03:01:00.000Z']);
  });

  it('R-709: is not ready before an assessment has succeeded', () => {
    const message = 'The update endpoint could not be reached.';
    const guest = aGuest(30);
    const run = enable({
      ...guest,
      readAssessment: (nowUtc) =>
        nowUtc > '2026-11-13T05:00:00.000Z' ? guest.readAssessment(nowUtc) : { kind: 'failed', message },
    });
    expect(run.output).toMatchObject({ enabled: true });
    expect(run.endedUtc > '2026-11-13T05:00:00.000Z').toBe(true);
    expect(run.reported).toContain(`pending: The first assessment failed: ${message}`);
  });

  it('an assessment that is refused for a passing reason is asked for again, and one that does not end is given up', () => {
    let asked = 0;
    const refused = enable({ ...aGuest(30), startAssessment: () => ((asked += 1) < 3 ? BUSY : STARTED) });
    expect(refused.output).toMatchObject({ enabled: true });
    expect(stepsOf(refused, 'startAssessment')).toHaveLength(3);
    const guest = aGuest(30);
    const silent = enable(
      { ...guest, readAssessment: () => ({ kind: 'running', retryAfterSeconds: null }) },
      CLOSES,
    );
    expect(silent.output).toMatchObject({ enabled: false });
    expect(silent.reported).toContain(
      'pending: The first assessment failed: The assessment did not end in time.',
    );
  });

  it('ends when the VM is no longer to be patched by the platform', () => {
    const why = 'Its patch mode is no longer AutomaticByPlatform.';
    const run = enable({ ...aGuest(30), look: () => ({ kind: 'stop', why }) });
    expect(run.output).toMatchObject({ enabled: false, detail: why });
  });

  it('looks again every few hours while it waits: the owner may give the VM another time zone', () => {
    expect(stepsOf(enable(aGuest(30)), 'look').slice(0, 3)).toEqual([
      ...[NOON, '2026-11-12T21:00:00.000Z', '2026-11-13T01:00:00.000Z'],
    ]);
  });

  it('gives up when its time is over, and says so', () => {
    const run = enable(refusedUntil(ENDS, NOT_RUNNING), CLOSES);
    expect(run.output).toMatchObject({ enabled: false });
    expect(run.reported.at(-1)).toMatch(/Time was up/);
  });

  it('R-703: an enabled VM whose extension is only behind stays enabled meanwhile', () => {
    const guest = aGuest(30);
    const look = (nowUtc: string): Standing => {
      const standing = guest.look(nowUtc);
      return standing.kind === 'window' ? { ...standing, enabled: true } : standing;
    };
    expect(enable({ ...guest, look }).reported).toEqual(['ready: Automatic Windows Update is turned off.']);
  });

  it('the reads of VMs that began at different instants of a poll come at the same instants', () => {
    const moment: Moment = { nowUtc: OPENS, begunUtc: OPENS, endsUtc: ENDS, pace: defaultPolicy };
    const next = { kind: 'startExtension', dueUtc: OPENS, endsUtc: CLOSES, enabled: true } as const;
    const dueUtc = (nowUtc: string): string => {
      const after = afterExtensionStart(firstEnablement(OPENS), next, STARTED, { ...moment, nowUtc });
      return after.kind === 'open' ? after.enablement.next.dueUtc : 'ended';
    };
    expect([OPENS, '2026-11-13T03:00:02.000Z', '2026-11-13T03:04:59.000Z'].map(dueUtc)).toEqual(
      Array<string>(3).fill('2026-11-13T03:20:00.000Z'),
    );
  });

  it('a step whose outcome is not known is taken again, ever later, and given up with its time', () => {
    const moment: Moment = { nowUtc: OPENS, begunUtc: OPENS, endsUtc: NEXT_CLOSES, pace: defaultPolicy };
    const next = { kind: 'startExtension', dueUtc: OPENS, endsUtc: CLOSES, enabled: true } as const;
    const before = { ...firstEnablement(OPENS), next };
    const again = afterFailure(before, 'reset', moment);
    expect(again).toMatchObject({
      enablement: { tries: 1, next: { kind: 'startExtension', dueUtc: '2026-11-13T03:00:15.000Z' } },
    });
    expect(afterFailure(before, 'reset', { ...moment, nowUtc: CLOSES })).toMatchObject({
      enablement: { next: { kind: 'look' } },
    });
    expect(afterFailure(before, 'reset', { ...moment, nowUtc: NEXT_CLOSES })).toEqual({
      kind: 'ended',
      enabled: false,
      detail: 'reset',
    });
  });
});

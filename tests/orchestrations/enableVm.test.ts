import { enableVm } from '../../orchestrations/enableVm';
import { anAssessment } from '../support/fakeDriver';
import { after, replay, type Run } from '../support/replay';
import { pace, vmId } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

const NOON = '2026-11-12T17:00:00.000Z';
const ENDS = '2026-12-17T17:00:00.000Z';
const OPENS = '2026-11-13T03:00:00.000Z';
const CLOSES = '2026-11-13T11:00:00.000Z';
const NEXT_OPENS = '2026-11-14T03:00:00.000Z';
const NEXT_CLOSES = '2026-11-14T11:00:00.000Z';

type Activities = NonNullable<Scene['activities']>;

const windowAt = (nowUtc: string): { opensUtc: string; closesUtc: string } =>
  nowUtc < CLOSES ? { opensUtc: OPENS, closesUtc: CLOSES } : { opensUtc: NEXT_OPENS, closesUtc: NEXT_CLOSES };

/** A VM whose extension takes so many minutes of work, which stops when off-peak hours end and goes on in the next. */
class Guest {
  installed = false;
  assessable = true;
  leftMinutes: number;
  #untilUtc = '';
  #stopsUtc = '';
  constructor(minutes: number) {
    this.leftMinutes = minutes;
  }

  readonly activities: Activities = {
    readEnablement: (_input, nowUtc) =>
      this.installed
        ? { kind: 'ready', detail: 'Automatic Windows Update is turned off.', ...windowAt(nowUtc) }
        : { kind: 'window', enabled: false, ...windowAt(nowUtc) },
    startExtension: ({ closesUtc }, nowUtc) => {
      const doneMs = Date.parse(nowUtc) + this.leftMinutes * 60_000;
      this.#untilUtc = new Date(doneMs).toISOString();
      this.#stopsUtc = closesUtc;
      this.leftMinutes = Math.max(0, (doneMs - Date.parse(closesUtc)) / 60_000);
      return { kind: 'started', operationId: 'extension-1' };
    },
    collectExtension: (_input, nowUtc) => {
      if (nowUtc >= this.#untilUtc && this.#untilUtc <= this.#stopsUtc) {
        this.installed = true;
        return { kind: 'installed', detail: '' };
      }
      return nowUtc >= this.#stopsUtc
        ? { kind: 'failed', message: 'Off-peak hours ended before the extension was installed.' }
        : { kind: 'running' };
    },
    startAssessment: () => ({ kind: 'started', operationId: 'assessment-1', retryAfterSeconds: null }),
    collectAssessment: () =>
      this.assessable
        ? { kind: 'assessed', summary: anAssessment() }
        : { kind: 'failed', message: 'The update endpoint could not be reached.' },
  };
}

function enable(activities: Activities, endsUtc = ENDS): Promise<Run> {
  return replay(enableVm, {
    instanceId: 'enable-1',
    nowUtc: NOON,
    input: { vmId, endsUtc, pace },
    activities,
  });
}

const reported = (run: Run): string[] =>
  (run.of('virtualMachine.apply') as { kind: string; state?: string; detail?: string }[])
    .filter(({ kind }) => kind === 'enablement')
    .map(({ state = '', detail = '' }) => `${state}: ${detail}`);

const callsOf = (run: Run, name: string): string[] =>
  run.calls.filter((call) => call.name === name).map(({ atUtc }) => atUtc);

describe('the enablement of a VM', () => {
  it('R-702, R-704, R-709: waits for off-peak hours, installs the extension, assesses, and is ready', async () => {
    const run = await enable(new Guest(30).activities);
    expect(run.output).toMatchObject({ enabled: true });
    expect(callsOf(run, 'startExtension')).toEqual([OPENS]);
    expect(reported(run)).toEqual([
      'pending: Waiting for off-peak hours.',
      'pending: The patch extension is being installed.',
      'ready: Automatic Windows Update is turned off.',
    ]);
  });

  it('R-702: it may take more than three hours', async () => {
    const run = await enable(new Guest(200).activities);
    expect(run.output).toMatchObject({ enabled: true });
    expect(callsOf(run, 'startExtension')).toHaveLength(1);
    expect(run.endedUtc > '2026-11-13T06:20:00.000Z' && run.endedUtc < CLOSES).toBe(true);
  });

  it('R-704, R-705: when off-peak hours end first it stops, and goes on in the next from where it was', async () => {
    const guest = new Guest(10 * 60);
    const run = await enable(guest.activities);
    expect(run.output).toMatchObject({ enabled: true });
    expect(callsOf(run, 'startExtension')).toEqual([OPENS, NEXT_OPENS]);
    expect(run.of('startExtension')).toMatchObject([{ closesUtc: CLOSES }, { closesUtc: NEXT_CLOSES }]);
    // Eight of its ten hours were done in the first window.
    expect(run.endedUtc < '2026-11-14T05:30:00.000Z').toBe(true);
  });

  it('R-113, R-704: an extension that is ready in the last minute is assessed in the next off-peak hours', async () => {
    const guest = new Guest(8 * 60);
    const run = await enable(guest.activities);
    expect(callsOf(run, 'startAssessment')).toEqual([NEXT_OPENS]);
  });

  it('R-503, R-504: says what the VM lacks, looks again through the window, and goes on when it is corrected', async () => {
    const guest = new Guest(30);
    const obstacle = 'The Windows Update service is not running on the VM. Start the service.';
    const run = await enable({
      ...guest.activities,
      readEnablement: (input, nowUtc) => {
        const where = guest.activities.readEnablement?.(input, nowUtc);
        if (where === undefined || 'seconds' in where || where.kind !== 'window') return where ?? missing();
        return nowUtc < '2026-11-13T05:00:00.000Z' ? { ...where, obstacle } : where;
      },
    });
    expect(run.output).toMatchObject({ enabled: true });
    expect(reported(run)[0]).toBe(`pending: ${obstacle}`);
    const [started = ''] = callsOf(run, 'startExtension');
    expect(started >= '2026-11-13T05:00:00.000Z' && started < '2026-11-13T05:30:00.000Z').toBe(true);
  });

  it('R-702: a VM that is only just starting is tried again after seconds', async () => {
    const guest = new Guest(30);
    const run = await enable({
      ...guest.activities,
      startExtension: (input, nowUtc) =>
        nowUtc < '2026-11-13T03:00:40.000Z'
          ? { kind: 'refused', message: 'The VM is not running.' }
          : (guest.activities.startExtension?.(input, nowUtc) ?? missing()),
    });
    expect(callsOf(run, 'startExtension')).toEqual([
      OPENS,
      '2026-11-13T03:00:15.000Z',
      '2026-11-13T03:00:45.000Z',
    ]);
  });

  it('R-702: tries that fail come ever later, up to half an hour, also beyond continuing as new', async () => {
    const run = await enable(
      {
        ...new Guest(30).activities,
        startExtension: () => ({ kind: 'refused', message: 'The VM is not running.' }),
      },
      NEXT_CLOSES,
    );
    const tries = callsOf(run, 'startExtension')
      .filter((at) => at < CLOSES)
      .map((at) => Date.parse(at));
    const pauses = tries.slice(1).map((at, n) => (at - (tries[n] ?? 0)) / 1000);
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, ...Array<number>(14).fill(1800)]);
    expect(run.generations.length).toBeGreaterThan(0);
    const later = callsOf(run, 'startExtension').filter((at) => at >= NEXT_OPENS);
    expect(later.slice(0, 2)).toEqual([NEXT_OPENS, '2026-11-14T03:30:00.000Z']);
  });

  it('R-702: a VM that is off in its off-peak hours is asked again, in the same window and in the next', async () => {
    const guest = new Guest(30);
    const run = await enable({
      ...guest.activities,
      startExtension: (input, nowUtc) =>
        nowUtc < NEXT_OPENS
          ? { kind: 'refused', message: 'The VM is not running.' }
          : (guest.activities.startExtension?.(input, nowUtc) ?? missing()),
    });
    expect(run.output).toMatchObject({ enabled: true });
    expect(reported(run)).toContain('pending: The VM is not running.');
    expect(callsOf(run, 'startExtension').every((at) => at < CLOSES || at >= NEXT_OPENS)).toBe(true);
  });

  it('a refusal that passes is asked again soon', async () => {
    const guest = new Guest(30);
    const run = await enable({
      ...guest.activities,
      startExtension: (input, nowUtc) =>
        nowUtc === OPENS
          ? { kind: 'refused', message: 'busy', retryUtc: '2026-11-13T03:01:00.000Z' }
          : (guest.activities.startExtension?.(input, nowUtc) ?? missing()),
    });
    expect(callsOf(run, 'startExtension')).toEqual([OPENS, '2026-11-13T03:01:00.000Z']);
  });

  it('R-709: is not ready before an assessment has succeeded', async () => {
    const guest = new Guest(30);
    guest.assessable = false;
    const run = await enable({
      ...guest.activities,
      collectAssessment: (input, nowUtc) => {
        guest.assessable = nowUtc > '2026-11-13T05:00:00.000Z';
        return guest.activities.collectAssessment?.(input, nowUtc) ?? missing();
      },
    });
    expect(run.output).toMatchObject({ enabled: true });
    expect(reported(run)).toContain(
      'pending: The first assessment failed: The update endpoint could not be reached.',
    );
  });

  it('ends when the VM is no longer to be patched by the platform', async () => {
    const run = await enable({
      readEnablement: () => ({ kind: 'stop', why: 'Its patch mode is no longer AutomaticByPlatform.' }),
    });
    expect(run.output).toEqual({
      enabled: false,
      detail: 'Its patch mode is no longer AutomaticByPlatform.',
    });
  });

  it('looks again every few hours while it waits: the owner may give the VM another time zone', async () => {
    const run = await enable(new Guest(30).activities);
    expect(callsOf(run, 'readEnablement').slice(0, 3)).toEqual([
      ...[NOON, '2026-11-12T21:00:00.000Z', '2026-11-13T01:00:00.000Z'],
    ]);
  });

  it('gives up when its time is over, and says so', async () => {
    const run = await enable(
      {
        ...new Guest(30).activities,
        startExtension: () => ({ kind: 'refused', message: 'The VM is not running.' }),
      },
      CLOSES,
    );
    expect(run.output).toMatchObject({ enabled: false });
    expect(reported(run).at(-1)).toMatch(/Time was up/);
  });

  it('R-703: an enabled VM whose extension is only behind stays enabled meanwhile', async () => {
    let updated = false;
    const guest = new Guest(0);
    const run = await enable({
      ...guest.activities,
      readEnablement: () =>
        updated
          ? { kind: 'ready', detail: '', opensUtc: NOON, closesUtc: CLOSES }
          : { kind: 'window', enabled: true, opensUtc: NOON, closesUtc: CLOSES },
      startExtension: () => ({ kind: 'started', operationId: 'update' }),
      collectExtension: () => {
        updated = true;
        return after(1, { kind: 'installed', detail: '' });
      },
    });
    expect(reported(run)).toEqual(['ready: ']);
  });
});

function missing(): never {
  throw new Error('The scene lacks an answer.');
}

import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { followRollout } from '../../cli/followRollout';
import { progressOf, type RolloutView } from '../../cli/rolloutView';
import { describeHalt } from '../../cli/haltNotice';
import { describeBody } from '../../cli/look';
import { showProgress } from '../../cli/progress';
import type { Host } from '../../emulator/host';
import { typed } from './typed';
import { firstLine, wrap, wrapLogLine, wrapText } from '../../local/wrap';

function rollout(over: Partial<RolloutView>): RolloutView {
  return {
    id: 'rollout-2026-11',
    month: '2026-11',
    state: 'running',
    releasedUtc: '2026-11-10T18:00:00.000Z',
    endsUtc: '2026-12-08T18:00:00.000Z',
    endedUtc: null,
    vmCount: 600,
    eligibleCount: 482,
    outcomes: { skipped: 118 },
    reasons: {},
    phases: [],
    halts: [],
    ...over,
  };
}

test('the bar counts VMs that are done of those that take part, and every kind of outcome shows', () => {
  expect(progressOf(rollout({}))).toEqual({ done: 0, total: 482, note: 'running' });
  const outcomes = { skipped: 118, patched: 7, upToDate: 6, deferred: 5, failed: 4, unhealthy: 3 };
  expect(progressOf(rollout({ outcomes }))).toEqual({
    done: 20,
    total: 482,
    note: '7 patched, 6 up to date, 5 deferred, 4 failed, 3 unhealthy, running',
  });
});

test('a VM that was deferred is done when the rollout is over, not before', () => {
  const outcomes = { skipped: 118, patched: 478, deferred: 4 };
  expect(progressOf(rollout({ outcomes })).done).toBe(478);
  expect(progressOf(rollout({ outcomes, state: 'cancelling' })).done).toBe(478);
  expect(progressOf(rollout({ outcomes, state: 'ended' })).done).toBe(482);
});

test('VMs that a person gave up count as done', () => {
  expect(progressOf(rollout({ outcomes: { skipped: 128 } })).done).toBe(10);
});

test('a rollout that is not planned yet has no total', () => {
  expect(progressOf(rollout({ vmCount: null, eligibleCount: null, state: 'planning' })).total).toBeNull();
});

test('lines fit the terminal; a command to copy stays whole', () => {
  const text = 'phase-5 begins: 112 VMs in japanwest, northcentralus, northeurope, ukwest, westus';
  const lines = wrap(text, 'Mon 16 Nov 10:35  ', 60).split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines.slice(1).every((line) => line.startsWith(' '.repeat(18)))).toBe(true);
  expect(lines.map((line) => line.slice(18)).join(' ')).toBe(text);
  expect(wrap(text, '', 60)).toBe(text);
});

test.each([60, 80, 200])('on a terminal of %d columns the bar and all that it counts fit', (columns) => {
  let written = '';
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  stream.on('data', (chunk: Buffer) => (written += chunk.toString()));
  const bar = showProgress('VMs done', stream as unknown as NodeJS.WriteStream);
  const note = '449 patched, 20 up to date, 10 deferred, 3 failed, 1 unhealthy, running';
  bar.update(470, 480, 'Sun 22 Nov 2026 01:00', note);
  bar.stop();
  // eslint-disable-next-line no-control-regex -- what moves the cursor is no column
  const lines = written.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[78]/g, '').split(/[\r\n]+/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
  const shown = lines.join(' ').replaceAll(/\s+/g, ' ');
  expect(shown).toContain('470/480 VMs done Sun 22 Nov 2026 01:00');
  expect(shown).toContain(note);
});

test('a warning of the app fits the terminal, and a command in it stays whole', () => {
  const text =
    'warning: 2 VMs may miss their 30 days; see `npm run lowtide -- forecast --state atRisk` for each.';
  const lines = wrapLogLine(text, 60).split('\n');
  expect(lines).toEqual([
    'warning: 2 VMs may miss their 30 days; see',
    '         `npm run lowtide -- forecast --state atRisk` for',
    '         each.',
  ]);
});

test('a warning with facts below it is one line of the terminal; the facts are in the log file', () => {
  const text =
    'warning: 8 more may miss their 30 days (poweredOff 8); 10 VMs are at risk now.\nThey are web-01, web-02.';
  const shown = wrapLogLine(firstLine(text), 80);
  expect(shown).toBe('warning: 8 more may miss their 30 days (poweredOff 8); 10 VMs are at risk now.');
});

test('a sentence fits the terminal, and what it names stays whole', () => {
  const text = 'Serving http://127.0.0.1:7071/dashboard, where you can watch it.';
  expect(wrapText(text, 80)).toBe(text);
  expect(wrapText(text, 45)).toBe('Serving http://127.0.0.1:7071/dashboard,\n  where you can watch it.');
});

test('a halt shows its reason, the VMs, and complete commands to copy', () => {
  const halt = {
    haltId: 'phase-2',
    kind: 'halt',
    phase: 'phase-2',
    region: null,
    why: '3 of 13 VMs are unhealthy.',
    atUtc: '2026-11-13T04:00:00.000Z',
    decision: null,
  };
  const vm = (name: string): string =>
    `/subscriptions/s/resourceGroups/g/providers/p/virtualMachines/${name}`;
  const outcomes = [
    { vm: vm('web-01'), kind: 'unhealthy', reason: 'unhealthyAfterUpdate', atUtc: halt.atUtc },
    { vm: vm('web-02'), kind: 'patched', reason: 'installed', atUtc: halt.atUtc },
    ...Array.from({ length: 12 }, (_, n) => ({
      vm: vm(`db-${n}`),
      kind: 'failed',
      reason: 'installFailed',
      atUtc: halt.atUtc,
    })),
  ];
  const baseUrl = 'http://127.0.0.1:7071';
  const said = (at: string): string =>
    describeHalt({ halt, outcomes, baseUrl: at })
      .map(({ indent, text: line }) => `${indent}${line}`)
      .join('\n');
  const text = said(baseUrl);
  expect(text).toContain('HALT of phase-2: 3 of 13 VMs are unhealthy.');
  expect(text).toContain('web-01: unhealthy, unhealthyAfterUpdate');
  expect(text).not.toContain('web-02');
  expect(text).toContain('and 3 more');
  for (const kind of ['resume', 'skip', 'cancel']) {
    expect(text).toMatch(new RegExp(`^npm run lowtide -- rollouts ${kind} --reason "[^"]+"$`, 'm'));
    const elsewhere = said('http://127.0.0.1:8000');
    expect(elsewhere).toMatch(
      new RegExp(`rollouts ${kind} --reason "[^"]+" --url http://127.0.0.1:8000$`, 'm'),
    );
  }
});

test('what a host answers is shown as people read it: a rollout as a summary, a list as lines, the rest as indented JSON', () => {
  expect(describeBody(rollout({}))).toContain('rollout-2026-11 is running');
  const value = [{ vmId: '/subscriptions/s/virtualMachines/web-01', kind: 'patched', detail: '', more: {} }];
  expect(describeBody({ value })).toBe('web-01  patched\n');
  expect(describeBody({ value: [] })).toBe('nothing\n');
  expect(describeBody({ a: 1 })).toBe('{\n  "a": 1\n}\n');
});

test.each(['--url', '--base-url'])('look asks the host that %s names', async (option) => {
  const { code, err } = await typed('look', option, 'http://127.0.0.1:1', '/api/rollouts');
  expect(code).toBe(1);
  expect(err).toContain('GET http://127.0.0.1:1/api/rollouts was not answered.');
});

test('of an outcome and of a row of the audit a person reads what was when and why, and no keys and hashes', () => {
  const ended = {
    vmId: '/subscriptions/s/resourcegroups/r/providers/microsoft.compute/virtualmachines/web-01',
    kind: 'deferred',
    reason: 'poweredOff',
    detail: 'The VM is deallocated.',
    others: [],
    atUtc: '2026-11-11T21:00:00.000Z',
    phase: 'phase-2',
    region: 'westeurope',
    attempts: 0,
    waits: true,
  };
  expect(describeBody({ value: [ended] })).toBe(
    'web-01                    deferred    Wed 11 Nov 2026 21:00  poweredOff: The VM is deallocated. (phase-2, westeurope)\n',
  );
  const audited = {
    atUtc: '2026-11-11T11:55:10.605Z',
    who: 'lowtide',
    what: 'phaseStarted',
    subject: 'phase-2',
    vmId: null,
    why: 'The gate of the phase before has opened.',
    key: 'phase-2~phaseStarted',
    previousHash: 'd873656f6d477ac9',
    hash: 'ef93122b196b6289',
  };
  expect(describeBody({ value: [audited] })).toBe(
    'Wed 11 Nov 2026 11:55  phaseStarted        phase-2                   The gate of the phase before has opened. (lowtide)\n',
  );
});

test('a halt of an image family offers to give up that family, and names its VMs and the odds', () => {
  const halt = {
    haltId: 'evidence.firstResultsUnhealthy.redhat:rhel:7.8.1',
    kind: 'halt',
    phase: 'phase-4',
    region: null,
    scope: { kind: 'family', family: 'redhat:rhel:7.8' },
    why: '2 of 17 VMs of image family redhat:rhel:7.8 are unhealthy after their update (crm-01, crm-02); with a good patch the probability of this many is 0.32 %',
    atUtc: '2026-11-15T10:00:00.000Z',
    decision: null,
  };
  const baseUrl = 'http://127.0.0.1:7071';
  const text = describeHalt({ halt, outcomes: [], baseUrl })
    .map(({ text: line }) => line)
    .join('\n');
  expect(text).toContain('crm-01, crm-02');
  expect(text).toContain('0.32 %');
  expect(text).toContain('# give up the rest of image family redhat:rhel:7.8');
  expect(text).not.toContain('rest of phase-4');
});

const HOUR_MS = 3_600_000;

/** A host whose rollout is halted from its second hour on, until it is decided, and over in its fifth. */
function haltedHost(): { readonly host: Host; readonly hours: () => number; readonly decide: () => void } {
  const stats = { episodes: 0, activities: 0, requests: 0 };
  let [hours, isDecided] = [0, false];
  const halts = (): RolloutView['halts'] =>
    hours < 2 || isDecided
      ? []
      : [
          {
            haltId: 'phase-1',
            kind: 'halt',
            phase: 'phase-1',
            region: null,
            why: '3 of 13 VMs are unhealthy.',
            atUtc: '2026-11-10T20:00:00.000Z',
            decision: null,
          },
        ];
  const rollouts = {
    read: () => Promise.resolve({ mode: 'running', endedUtc: hours < 5 ? null : '2026-11-10T23:00:00.000Z' }),
    haltsOf: () => Promise.resolve(halts()),
  };
  const host = {
    baseUrl: 'http://127.0.0.1:7071',
    stats,
    nowMs: () => Date.parse('2026-11-10T18:00:00.000Z') + hours * HOUR_MS,
    nowUtc: () => new Date(host.nowMs()).toISOString(),
    runUntil: (untilUtc: string) => {
      hours = (Date.parse(untilUtc) - Date.parse('2026-11-10T18:00:00.000Z')) / HOUR_MS;
      stats.episodes += 1;
      return Promise.resolve();
    },
    idle: () => Promise.resolve(),
    request: (_method: string, path: string) =>
      Promise.resolve({
        status: 200,
        body: path.includes('virtual-machines') ? { value: [] } : rollout({ halts: halts() }),
      }),
    appModule: () => ({ appServices: () => Promise.resolve({ rollouts }) }),
  };
  return { host: host as unknown as Host, hours: () => hours, decide: () => (isDecided = true) };
}

describe('a halt of a month that is followed', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      said += String(chunk);
      return true;
    });
  });
  afterEach(() => jest.restoreAllMocks());

  const follow = (host: Host, keepGoing: boolean): Promise<void> =>
    followRollout({ host, id: 'rollout-2026-11', speed: 1_000_000_000, keepGoing });

  it('stops virtual time until a person has decided, and says so', async () => {
    const { host, hours, decide } = haltedHost();
    const over = follow(host, false);
    for (let tries = 0; !said.includes('Virtual time stops') && tries < 6_000; tries += 1)
      await Promise.race([over, sleep(10)]);
    await sleep(700);
    expect(hours()).toBe(2);
    expect(said).toContain('HALT of phase-1');
    decide();
    await over;
    expect(hours()).toBe(5);
  });

  it('stops nothing with --keep-going', async () => {
    const { host, hours } = haltedHost();
    await follow(host, true);
    expect(hours()).toBe(5);
    expect(said).not.toContain('Virtual time stops');
  });
});

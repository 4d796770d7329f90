import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from '../operatorApi/apiMonth';
import { typed, type Typed } from './typed';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-client-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the client, against a running host', () => {
  let api: Api;
  let url = '';
  const lowtide = (...args: readonly string[]): Promise<Typed> => typed(...args, '--url', url);
  const json = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await lowtide(...args, '--json')).out) as unknown;

  beforeAll(async () => {
    api = await apiMonth((options) => anApi({ ...options, port: 0 }), 2);
    url = api.host.baseUrl;
  });
  afterAll(() => api.close());

  it('rollouts lists them, shows one, and names what it decides about', async () => {
    expect((await lowtide('rollouts')).out).toMatch(/^id .*\nrollout-2026-11 +running +8 /);
    expect((await lowtide('rollouts', 'show')).out).toContain('rollout-2026-11');
    expect(await json('rollouts')).toMatchObject([{ id: 'rollout-2026-11', state: 'running' }]);
    expect((await lowtide('rollouts', '--csv')).out.split('\r\n')[0]).toBe(
      'id,state,vmCount,releasedUtc,endsUtc,endedUtc,requestedBy',
    );
    expect(await lowtide('rollouts', 'show', 'rollout-2020-01')).toMatchObject({
      code: 1,
      err: expect.stringContaining('NOT_FOUND') as string,
    });
  });

  it('a decision needs a reason and a confirmation, says what it answers, and is carried out', async () => {
    expect((await lowtide('rollouts', 'pause', '--reason', 'Lunch.')).code).toBe(1); // no terminal to ask on
    expect(await lowtide('rollouts', 'pause', '--reason', 'Lunch.', '--yes')).toMatchObject({
      code: 0,
      out: 'rollout-2026-11 is paused.\n',
    });
    const paused = await lowtide('rollouts', 'resume', '--reason', 'Back.');
    expect([paused.code, paused.err]).toEqual([
      1,
      expect.stringContaining('resume rollout-2026-11 (paused).'),
    ]);
    expect((await lowtide('rollouts', 'resume', '--reason', 'Back.', '--yes')).code).toBe(0);
    expect((await lowtide('rollouts', 'pause', '--yes')).err).toContain(
      "required option '--reason <text>' not specified",
    );
    expect(
      (await lowtide('rollouts', 'skip', '--reason', 'r', '--region', 'a', '--phase', 'phase-1', '--yes'))
        .err,
    ).toContain('one scope');
  });

  it('why answers for a name or an id, and says which names are near', async () => {
    const { out } = await lowtide('why', 'e2e-excluded');
    expect(out).toMatch(/^e2e-excluded: notTakingPart\n.*tag lowtide-exclude is true/);
    expect(out).toContain('What unblocks it (owner): Remove the tag.');
    expect(await json('why', MONTH_VM)).toMatchObject({ vmId: MONTH_VM.toLowerCase() });
    expect(await lowtide('why', 'e2e-set')).toMatchObject({
      code: 1,
      err: expect.stringContaining('e2e-set-1, e2e-set-2') as string,
    });
  });

  it('fleet, forecast and preview are tables, JSON and CSV', async () => {
    expect((await lowtide('fleet', '--region', 'westeurope', '--group', 'region')).out).toMatch(
      /westeurope +5/,
    );
    expect((await lowtide('fleet', '--csv', '--limit', '2')).out.trim().split('\r\n')).toHaveLength(3);
    expect(await json('fleet', '--search', 'lone')).toMatchObject([{ name: 'e2e-lone' }]);
    expect((await lowtide('forecast', '--by', 'subscription')).out).toMatch(/all +\d+ +\d+/);
    expect((await lowtide('forecast', '--state', 'notTakingPart', '--csv')).out).toContain('Manual');
    const preview = (await lowtide('preview', '--vm', MONTH_VM)).out;
    expect(preview).toMatch(/^2026-12: 1 of 6 VMs; half done /);
    const policy = join(folder, 'policy.json');
    writeFileSync(policy, JSON.stringify({ bakeAfterCanarySeconds: 432_000 }));
    expect((await lowtide('preview', '--policy', policy)).out).toMatch(/0 more, 0 fewer, [1-9]\d* moved/);
  });

  it('freezes and exclusions are made, imported, listed and lifted', async () => {
    const about = ['--reason', 'A launch.', '--owner', 'ops'];
    const made = await lowtide(
      'freeze',
      'add',
      'launch',
      '--from',
      '2026-12-20',
      '--to',
      '2027-01-02',
      ...about,
      '--region',
      'eastus',
    );
    expect([made.code, made.out]).toEqual([0, expect.stringMatching(/launch +planned/)]);
    expect(await json('freeze')).toMatchObject([{ id: 'launch', selector: { region: 'eastus' } }]);
    await lowtide(
      'exclude',
      'add',
      'one',
      '--vm',
      'e2e-lone',
      '--from',
      '2026-12-01',
      '--to',
      '2026-12-04',
      ...about,
    );
    expect(await json('exclude')).toMatchObject([{ id: 'one', selector: { vm: MONTH_VM.toLowerCase() } }]);
    expect((await lowtide('exclude', 'remove', 'one')).out).toBe('one is lifted.\n');
    const file = join(folder, 'calendar.ics');
    writeFileSync(
      file,
      [
        'BEGIN:VCALENDAR',
        'BEGIN:VEVENT',
        'UID:a',
        'SUMMARY:Sale',
        'DTSTART:20261201T200000Z',
        'DTEND:20261201T220000Z',
        'END:VEVENT',
        'END:VCALENDAR',
      ].join('\r\n'),
    );
    expect((await lowtide('freeze', 'import', file)).out).toContain('Sale');
    expect(
      (await lowtide('freeze', 'add', 'x', '--from', '2026-12-20', '--to', '2026-12-01', ...about)).err,
    ).toContain('not later than from');
  });

  it('a VM and a set are named by their names in every command; a name that nothing has is a mistake, not an empty answer', async () => {
    expect((await lowtide('preview', '--vm', 'e2e-lone', '--vms')).out).toMatch(/^vm .*\ne2e-lone +phase-/);
    expect(await json('fleet', '--vm', 'e2e-lone')).toMatchObject([{ name: 'e2e-lone' }]);
    expect(await lowtide('forecast', '--vm', 'nosuch')).toMatchObject({ code: 1 });
    const sets = (await json('fleet', '--search', 'e2e-set-1')) as { availabilitySet: string }[];
    const set = String(sets[0]?.availabilitySet);
    const about = ['--reason', 'Vendor.', '--yes'];
    expect((await lowtide('rollouts', 'pause', '--set', set, ...about)).out).toContain(
      `availability set ${set} is paused; rollout-2026-11 is running.`,
    );
    expect((await lowtide('rollouts', 'show')).out).toContain(
      `paused: availability set ${set}: Vendor. (no decision yet)`,
    );
    expect((await lowtide('rollouts', 'resume', '--set', set, ...about)).out).toContain('is resumed');
    expect((await lowtide('rollouts', 'pause', '--vm', 'e2e-lone', ...about)).code).toBe(0);
    expect((await lowtide('rollouts', 'resume', '--vm', 'e2e-lone', ...about)).code).toBe(0);
  });

  it('what the rollout does not have is not paused: it says what there is', async () => {
    for (const part of [
      ['--region', 'nowhere'],
      ['--phase', 'phase-9'],
      ['--set', '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/availabilitySets/none'],
    ]) {
      const refused = await lowtide('rollouts', 'pause', ...part, '--reason', 'r', '--yes');
      expect([refused.code, refused.err]).toEqual([
        1,
        expect.stringMatching(
          /^error: rollout-2026-11 has no .*\n {2}why: .+\n {2}fix: .+ \(REQUEST_INVALID/,
        ),
      ]);
    }
  });

  it('a selection that nothing fits says so, and a day that no calendar has is refused', async () => {
    expect((await lowtide('preview', '--tag', 'app=none')).out).toContain(
      'No VM that takes part fits tag app=none.',
    );
    expect((await lowtide('forecast', '--tag', 'app=none')).out).toContain('fits tag app=none');
    expect(await lowtide('forecast', '--as-of', '2026-11-31')).toMatchObject({ code: 1 });
    expect(await lowtide('compliance', 'missing', '--on', '2026-02-30')).toMatchObject({ code: 1 });
    const freeze = ['freeze', 'add', 'x', '--reason', 'r', '--owner', 'o', '--to', '2026-12-31'];
    const said = await lowtide(...freeze, '--from', '2026-11-31');
    expect([said.code, said.err]).toEqual([1, expect.stringContaining('why: from: there is no such day')]);
    expect((await lowtide(...freeze, '--from', '20.12.2026')).err).toMatch(/why: from: [^;]+\n/); // one mistake, said once
    expect((await lowtide(...freeze, '--from', '2026-12-30', '--tag', 'app=none')).err).toContain(
      'No VM of the fleet fits this now',
    );
    expect((await lowtide('freeze')).out).toMatch(/x +planned .* each VM's own +tag app=none +0 +o +r/);
    expect((await lowtide('freeze', 'remove', 'x', '--reason', 'A mistake.')).code).toBe(0);
    expect((await lowtide('compliance', 'decisions', '--what', 'freezeLifted')).out).toContain('A mistake.');
  });

  it('why says times in the zone of the VM, too, and with --live what the platform says', async () => {
    const { out } = await lowtide('why', 'e2e-off', '--live');
    expect(out).toMatch(
      /deadline: 2026-12-10 18:00 UTC \(Thu 19:00 in Europe\/Amsterdam\); the rollout ends 2026-12-08 18:00 UTC \(Tue 19:00 in Europe\/Amsterdam\)/,
    );
    expect(out).toMatch(/the platform now: stopped/);
    expect(out).not.toMatch(/\d\dT\d\d:\d\d/); // no instants as programs read them
  });

  it('a policy is compared and applied: rules as they are written, and the VMs that each is for', async () => {
    const file = join(folder, 'own.yaml');
    const rule = '{ name: mine, selector: { region: westeurope }, max: 1 }';
    writeFileSync(file, `budgets:\n  - ${rule}\n`);
    const { out } = await lowtide('policy', 'diff', file);
    expect(out).toContain(`[ ${rule} ]`);
    const utf16 = join(folder, 'utf16.yaml'); // as `>` of Windows PowerShell 5.1 writes it
    writeFileSync(utf16, `\ufeffbudgets:\r\n  - ${rule}\r\n`, 'utf16le');
    expect(await lowtide('policy', 'diff', utf16)).toMatchObject({ code: 0, out });
    expect(out).toMatch(/budgets mine is added: for 5 VMs: e2e-/);
    expect(out).toMatch(/It touches rollout-2026-11, which runs: \d+ of its VMs are still to come\./);
    const applied = (await lowtide('policy', 'apply', file, '--reason', 'Mine.')).out;
    expect(applied).toBe(`${out}Version 1 is in force.\n`);
    expect((await lowtide('policy', 'versions')).out).toMatch(/1 .* Mine\./);
    writeFileSync(file, '');
    expect((await lowtide('policy', 'apply', file, '--reason', 'Back.')).code).toBe(0);
  });

  it('hooks, notices, waivers, doubted listings and take-over have commands of their own', async () => {
    expect((await lowtide('hooks')).out).toBe('none\n');
    expect(await lowtide('hooks', 'answer', 'a~b', 'yes')).toMatchObject({
      code: 1,
      err: expect.stringContaining('It was never asked.') as string,
    });
    expect(await lowtide('hooks', 'answer', 'a~b', 'perhaps')).toMatchObject({ code: 1 });
    expect((await lowtide('notifications')).out).toContain('LOWTIDE_NOTIFICATIONS');
    expect((await lowtide('notifications', 'retry', 'a~1', '--receiver', 'x')).err).toContain(
      'no dead notice',
    );
    const meant = ['--reason', 'r', '--yes'];
    expect((await lowtide('waive', 'e2e-lone', ...meant)).out).toContain(
      'holds its availability set no more',
    );
    expect((await lowtide('accept-listing', ...meant)).out).toContain('No listing was doubted');
    expect((await lowtide('take-over', ...meant)).out).toMatch(/^rollout-2026-11 is /);
    expect((await lowtide('rollouts', 'start', '--month', '2026-11')).err).toContain('ROLLOUT_EXISTS');
  });

  it('compliance is a table, JSON and CSV of every page', async () => {
    const { out } = await lowtide('compliance', 'outcomes', '--csv', '--until', '2026-11-20');
    const [head = '', ...lines] = out.trimEnd().split('\r\n');
    expect([head.startsWith('atUtc,rolloutId,vmId,name'), lines.length > 0]).toEqual([true, true]);
    expect(await json('compliance', 'outcomes')).toHaveLength(lines.length);
    expect((await lowtide('compliance', 'outcomes', '--limit', '1')).err).toContain('The first 1 rows');
    expect((await lowtide('compliance', 'missing', '--on', '2026-11-01')).out).toContain('notAssessed');
    expect((await lowtide('compliance', 'decisions', '--what', 'rolloutRequested')).out).toContain(
      'rollout-2026-11',
    );
    expect((await lowtide('compliance', 'gossip')).code).toBe(1);
  });

  it('look takes a path with and without its first slash, and passes on why it was refused', async () => {
    const [slash, none] = [await lowtide('look', '/api/rollouts'), await lowtide('look', 'api/rollouts')];
    expect([none.code, none.out]).toEqual([0, slash.out]);
    const { code, err } = await lowtide('look', '/api/rollouts?kind=failed');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/answered 400\. .*'kind'.*\n {2}why: [^{]+\n {2}fix: /),
    ]);
  });

  it('audit --verify reads the chains itself, and knows a head that was noted', async () => {
    const { code, out } = await lowtide('audit', '--verify');
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/rollout-2026-11: \d+ rows, whole; head [0-9a-f]{64}/),
    ]);
    const head = /rollout-2026-11: .* head ([0-9a-f]{64})/.exec(out)?.[1] ?? '';
    expect((await lowtide('audit', '--verify', '--expect', `rollout-2026-11=${head}`)).code).toBe(0);
    const other = await lowtide('audit', '--verify', '--expect', `rollout-2026-11=${'0'.repeat(64)}`);
    expect([other.code, other.out]).toEqual([2, expect.stringContaining('was replaced')]);
  });

  it('audit --verify finds that a chain of which a hash was noted is gone, and refuses what is no hash', async () => {
    const gone = await lowtide('audit', '--verify', '--expect', `rollout-2026-10=${'A'.repeat(64)}`);
    expect([gone.code, gone.out]).toEqual([
      2,
      expect.stringMatching(/rollout-2026-10: 0 rows, 1 fault; .*\n {2}removed: .*a{64} was noted/),
    ]);
    for (const text of ['rollout-2026-11', 'rollout-2026-11=', 'rollout-2026-11=abc'])
      expect(await lowtide('audit', '--verify', '--expect', text)).toMatchObject({
        code: 1,
        err: expect.stringContaining('is not a hash of a chain') as string,
      });
  });
});

it('a host that does not answer is named, with what to do', async () => {
  const { code, err } = await typed('rollouts', '--url', 'http://127.0.0.1:9');
  expect([code, err]).toEqual([1, expect.stringContaining('Start a host')]);
});

describe('the client without a host, over a fleet file', () => {
  const fleet = join(__dirname, '..', '..', 'fleets', 'e2e.json');
  const json = async (...args: readonly string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await typed(...args, '--file', fleet, '--json')).out) as Record<string, unknown>;

  it('previews a month, for all VMs or some, as a table, JSON and CSV', async () => {
    const month = ['--month', '2026-12'];
    expect((await typed('preview', '--file', fleet, ...month)).out).toMatch(/^2026-12: 6 VMs; half done /);
    expect(await json('preview', ...month, '--vm', MONTH_VM)).toMatchObject({ vmCount: 6, matchedCount: 1 });
    const { out } = await typed('preview', '--file', fleet, ...month, '--csv');
    expect(out.trimEnd().split('\r\n')).toHaveLength(7);
    expect(await typed('preview', '--file', join(folder, 'none.json'))).toMatchObject({ code: 1 });
  });

  it('compares it with the month before, another policy file and another fleet file', async () => {
    const month = ['--month', '2026-12'];
    expect((await json('preview', ...month, '--against', 'previousMonth'))['diff']).toMatchObject({
      addedCount: 0,
    });
    const policy = join(folder, 'policy.yaml');
    writeFileSync(policy, 'bakeAfterCanary: P5D\n');
    const slower = await json('preview', ...month, '--policy', policy);
    expect((slower['diff'] as { movedCount: number }).movedCount).toBeGreaterThan(0);
    writeFileSync(policy, 'approvals: [{ before: { phase: 2 } }]\n');
    expect((await typed('preview', '--file', fleet, ...month, '--policy', policy)).out).toMatch(
      /phase-2 waits for an approval before phase 2: the dates hold when it is given by 2026-12-\d\d/,
    );
    writeFileSync(policy, 'bakeAfterCanary: soon\n');
    expect((await typed('preview', '--file', fleet, '--policy', policy)).err).toContain('line 1, column 18');
    const { virtualMachines, ...rest } = JSON.parse(readFileSync(fleet, 'utf8')) as {
      virtualMachines: { name: string }[];
    };
    const less = join(folder, 'less.json');
    const kept = virtualMachines.filter(({ name }) => name !== 'e2e-lone');
    writeFileSync(less, JSON.stringify({ ...rest, virtualMachines: kept }));
    expect((await json('preview', ...month, '--fleet', less))['diff']).toMatchObject({
      addedCount: 0,
      removed: [MONTH_VM.toLowerCase()],
    });
  });

  it('names a VM and a set by their names, and says why a VM would be patched, or not', async () => {
    const ofFile = ['--file', fleet, '--month', '2026-12'];
    expect((await typed('preview', ...ofFile, '--vm', 'e2e-lone')).out).toMatch(/^2026-12: 1 of 6 VMs/);
    expect((await typed('preview', ...ofFile, '--set', 'as-e2e')).out).toMatch(/^2026-12: 2 of 6 VMs/);
    expect((await typed('forecast', ...ofFile, '--vm', 'e2e-lon')).err).toContain('It could be e2e-lone.');
    expect((await typed('preview', ...ofFile, '--vm', '/no/id')).err).toMatch(
      /^error: The VMs are not clear/,
    );
    expect((await typed('why', 'e2e-lone', ...ofFile)).out).toMatch(
      /^e2e-lone: onTime\n {2}its place in rollout-2026-12: phase-2, westeurope, regional\n {2}planned: 2026-12-09 .* UTC to /,
    );
    expect((await typed('why', 'e2e-manual', ...ofFile)).out).toMatch(/^e2e-manual: notTakingPart, .*Manual/);
    expect(await json('why', 'e2e-lone')).toMatchObject({ state: 'onTime', place: { phase: 'phase-2' } });
  });

  it('forecasts it: by region, family or tag, as of a day, as a table, JSON and CSV', async () => {
    const month = ['--month', '2026-12'];
    expect((await typed('forecast', '--file', fleet, ...month)).out).toMatch(/all +0 +6 +0 +0 +0 +2/);
    const later = await json('forecast', ...month, '--by', 'tag:lowtide-power', '--as-of', '2026-12-31');
    expect(later).toMatchObject({ counts: { done: 6, onTime: 0, notTakingPart: 2 } });
    const listed = await typed('forecast', '--file', fleet, ...month, '--state', 'notTakingPart', '--csv');
    expect(listed.out.trimEnd().split('\r\n')).toHaveLength(3);
    expect((await typed('forecast', '--file', fleet, '--by', 'colour')).code).toBe(1);
  });
});

/**
 * What the people who run patching do, each as its person would: commands typed by people who sign in, against a running app, read as they are
 * printed; one simulated November here, a December in yearEnd.test.ts. docs/requirements.md lists the jobs and their tests.
 */
import { createHmac } from 'node:crypto';
import { httpReceiver, type Received } from './httpReceiver';
import { OTHER_SUBSCRIPTION, peoplesMonth, type PeoplesMonth, type Person, type Row } from './peoplesMonth';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'rollout-2026-11';
const JAPAN = { region: 'japaneast', subscription: OTHER_SUBSCRIPTION };
const VMS = [
  { name: 'ne-ours', region: 'northeurope', tags: { ring: 'ours' } },
  { name: 'eu-ours', region: 'eastus', tags: { ring: 'ours' } },
  ...['ne-1', 'ne-2'].map((name) => ({ name, region: 'northeurope', tags: { app: 'shop' } })),
  ...['eu-1', 'eu-2'].map((name) => ({ name, region: 'eastus', tags: { app: 'shop' } })),
  ...['web-1', 'web-2', 'web-3'].map((name) => ({ name, region: 'eastus', set: 'web' })),
  ...['jp-1', 'jp-2'].map((name) => ({ name, ...JAPAN })),
  { name: 'jp-db', ...JAPAN, tags: { tier: 'db' } },
  { name: 'jp-off', ...JAPAN, tags: { 'lowtide-power': 'parked' } },
];
const policyWith = (hookUrl: string): object => ({
  rings: [{ name: 'ours', selector: { tag: 'ring=ours' } }],
  approvals: [{ before: { phase: 3 } }],
  budgets: [{ name: 'shop', selector: { tag: 'app=shop' }, max: 1 }],
  ownWindows: [
    {
      name: 'weekend',
      selector: { tag: 'tier=db' },
      open: [
        { days: ['sat'], opens: '08:00', closes: '12:00' },
        { days: ['sat', 'sun'], opens: '14:00', closes: '20:00' },
      ],
    },
  ],
  hooks: [{ name: 'calendar', on: 'beforeRound', url: hookUrl }],
  phasesMin: 1,
  batchSharePercents: [100],
  standaloneSharePercent: 100,
});

const ALERTS = ['started', 'halted', 'held'];
const receivers = (url: string): string =>
  JSON.stringify([
    { name: 'on-call', url: `${url}/on-call`, secret: SECRET },
    { name: 'channel', url: `${url}/slack`, format: 'slack', events: ALERTS },
    { name: 'team', url: `${url}/teams`, format: 'teams', events: ALERTS },
    { name: 'broken', url: `${url}/broken`, events: ['started'] },
  ]);

describe('a month of patching, by the people who run it', () => {
  let month: PeoplesMonth;
  let refuse: string | null = 'Change 17 is not approved.';
  let isBroken = true;
  let onCallFails = 2;
  const says = (who: Person, ...args: readonly string[]) => month.says(who, ...args);
  /** What is written for people, of a command that is carried out. */
  const reads = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await says('rea', ...args);
    expect([code, err]).toEqual([0, '']);
    return out;
  };
  const installs = async (rolloutId = ID): Promise<readonly string[]> =>
    (await month.events())
      .filter((event) => event.action === 'installStarted' && event.rolloutId === rolloutId)
      .map(({ name }) => name);
  const sentTo = (path: string): readonly Received[] =>
    month.receiver.received.filter((one) => one.path === path);

  function answer({ path }: Received): { status: number; body?: string } {
    if (path === '/hook')
      return {
        status: 200,
        body: JSON.stringify(refuse === null ? { go: true } : { go: false, why: refuse }),
      };
    if (path === '/broken') return { status: isBroken ? 500 : 204 };
    if (path === '/on-call' && onCallFails > 0) return { status: (onCallFails -= 1) >= 0 ? 500 : 204 };
    return { status: 204 };
  }

  beforeAll(async () => {
    month = await peoplesMonth('2026-11-10T18:00:00.000Z', VMS, answer, (url) => ({
      LOWTIDE_NOTIFICATIONS: receivers(url),
      LOWTIDE_NOTIFICATIONS_PRIVATE: 'allow',
      LOWTIDE_HOOK_SECRET: SECRET,
    }));
  });
  afterAll(() => month.close());

  it('a policy is reviewed before it is applied: mistakes by line and column, what it changes for which VMs; by an operator alone', async () => {
    const wrong = month.file('wrong.yaml', 'rings:\n  - { name: Ours }\n');
    const refused = await says('ana', 'policy', 'diff', wrong);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/line 2, column \d+/)]);
    const file = month.file('policy.yaml', policyWith(`${month.receiver.url}/hook`));
    const diff = await reads('policy', 'diff', file);
    expect(diff).toContain('ownWindows weekend is added: for 1 VM: jp-db');
    expect(diff).toContain('budgets shop is added: for 4 VMs: eu-1, eu-2, ne-1, ne-2');
    expect(diff).toMatch(/^rings .* next$/m); // which changes touch a running rollout, and which the next
    expect(diff).toMatch(/^eu-ours +phase-\d day [\d.]+ +phase-1 day/m);
    const apply = ['policy', 'apply', file, '--reason', 'Ours.', '--yes'];
    expect(await says('rea', ...apply)).toMatchObject({
      code: 1,
      err: expect.stringContaining('needs the role operator') as string,
    });
    expect((await says('ana', ...apply)).out).toMatch(/^Version 1 is in force\.$/m);
    expect(await reads('policy', 'versions')).toMatch(
      /^1 +2026-11-10 18:00 UTC +ana@contoso.com .* Ours\.$/m,
    );
  });

  it('what happens next month, for one VM, one subscription, one tag: phases, dates, shares against limits; nothing is done by looking', async () => {
    const all = await reads('preview', '--month', '2026-11');
    expect(all).toMatch(/^2026-11: 13 VMs; half done .* UTC, 95 % .* UTC, all .* UTC$/m);
    expect(all).toMatch(/^phase-1, ring ours +eastus +1 +1 +2026-11-11 03:00 UTC/m);
    expect(all).toContain('most of a set at once: 1 of at most 1, in web');
    expect(all).toContain('budget shop: at most 1 of 4 VMs down; its largest round has 1');
    expect(all).toMatch(
      /^phase-3 waits for an approval before phase 3: the dates hold when it is given by /m,
    );
    expect(await reads('preview', '--vm', 'jp-db')).toMatch(/^2026-12: 1 of 13 VMs; /);
    expect(await reads('preview', '--tag', 'app=shop', '--vms')).toMatch(/^ne-1 +phase-2 +northeurope /m);
    expect(await reads('preview', '--subscription', OTHER_SUBSCRIPTION)).toMatch(/^2026-12: 4 of 13 VMs; /);
    expect(await reads('rollouts')).toBe('none\n');
  });

  it('why says when, before; who misses the 30 days is counted, and no VM does yet', async () => {
    const exclude = [
      'exclude',
      'add',
      'db-move',
      '--vm',
      'jp-2',
      '--from',
      '2026-11-10',
      '--to',
      '2026-11-23',
    ];
    const about = ['--reason', 'Its database is moved.', '--owner', 'dba@contoso.com'];
    expect((await says('ana', ...exclude, ...about)).out).toMatch(
      /^db-move +standing .* vm jp-2 +1 +dba@contoso/m,
    );
    expect((await says('ana', 'rollouts', 'start', '--month', '2026-11')).out).toContain('is started');
    await month.api.pass(1);
    expect(await reads('why', 'eu-ours')).toMatch(
      /^eu-ours: waiting\n[^]* start: earliest 2026-11-11 03:00 UTC \(Tue 22:00 in America\/New_York\), expected .*, latest .* in America\/New_York\)/,
    );
    expect(await reads('why', 'jp-db')).toMatch(
      /^jp-db: held\n.* It waits for an approval before phase 3\.[^]* earliest 2026-11-13 23:00 UTC \(Sat 08:00 in Asia\/Tokyo\)/,
    );
    expect(await reads('why', 'jp-2')).toContain(
      'The exclusion db-move of dba@contoso.com ends at 2026-11-23',
    );
    expect(await reads('forecast')).toMatch(/^all +0 +12 +0 +0 +1 +0$/m);
  });

  it('hooks: a change calendar says no, and its words hold the ring; then yes, and it goes first', async () => {
    await month.days(1);
    const shown = await reads('rollouts', 'show');
    expect(shown).toContain('Change 17 is not approved. (no decision yet)');
    expect(shown).toContain(`To go on: lowtide rollouts resume ${ID} --reason`);
    expect(await reads('why', 'eu-ours')).toMatch(/^eu-ours: held\n.*Change 17 is not approved\./);
    const [asked] = sentTo('/hook');
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({
      hook: 'calendar',
      on: 'beforeRound',
      phase: 'phase-1',
    });
    if (asked !== undefined) expectSigned(asked);
    const resume = ['rollouts', 'resume', '--reason', 'Change 17 is approved.'];
    const unconfirmed = await says('ana', ...resume);
    expect([unconfirmed.code, unconfirmed.err]).toEqual([
      1,
      expect.stringMatching(
        /^resume rollout-2026-11 \(running\)\.\n( {2}forgives the hold of phase-1, \w+ since .* UTC: .*Change 17.*\n){2}error: /,
      ),
    ]);
    expect(await installs()).toEqual([]);
    refuse = null;
    expect((await says('ana', ...resume, '--yes')).code).toBe(0);
    await month.days(2);
    expect((await installs()).slice(0, 2)).toEqual(['ne-ours', 'eu-ours']);
  });

  it('after the canary another person approves: not the one who asked', async () => {
    expect([...(await installs())].sort()).toEqual(['eu-ours', 'ne-1', 'ne-2', 'ne-ours']);
    const next = `An approver says: lowtide rollouts approve ${ID} --phase phase-3 --reason "…", or reject.`;
    expect(await reads('rollouts', 'show')).toContain(next);
    const approve = ['rollouts', 'approve', '--reason', 'The canary is well.'];
    expect((await says('ana', ...approve, '--yes')).err).toMatch(
      /ana@contoso\.com .* may not approve[^]*requested it/,
    );
    expect((await says('rea', ...approve, '--yes')).err).toContain('needs the role approver');
    expect((await says('ben', ...approve)).err).toMatch(
      /phase-3 waits for an approval[^]*phase-2: 2 VMs are healthy/,
    );
    expect((await says('ben', ...approve, '--yes')).out).toBe(`phase-3 is approved; ${ID} is running.\n`);
  });

  it('one region is paused, one set is stopped, and what resume forgives is listed before it is said', async () => {
    const pause = ['rollouts', 'pause', '--region', 'eastus', '--reason', 'A launch.', '--yes'];
    expect((await says('ana', ...pause)).out).toBe(`region eastus is paused; ${ID} is running.\n`);
    const stop = ['rollouts', 'skip', '--set', 'web', '--reason', 'Its vendor asks.', '--yes'];
    expect((await says('ana', ...stop)).out).toBe(`availability set web is given up; ${ID} is running.\n`);
    await month.days(3);
    expect((await installs()).filter((name) => /^(eu-\d|web)/.test(name))).toEqual([]);
    expect(await installs()).toEqual(expect.arrayContaining(['jp-1', 'jp-db']));
    expect(await reads('why', 'eu-1')).toContain('A person paused region eastus: A launch.');
    const resume = ['rollouts', 'resume', '--region', 'eastus', '--reason', 'Launched.'];
    expect((await says('ana', ...resume)).err).toMatch(
      /forgives the pause of region eastus since 2026-11-1\d \d\d:\d\d UTC: A launch\.\n/,
    );
    expect((await says('ana', ...resume, '--yes')).out).toContain('region eastus is resumed');
    await month.days(1);
    expect(await installs()).toEqual(expect.arrayContaining(['eu-1', 'eu-2']));
    expect(await reads('why', 'web-1')).toMatch(/operatorSkipped/);
  });

  it('never more VMs of one application are down than its budget allows, across regions; a database has windows of its own', async () => {
    const down = new Set<string>();
    let most = 0;
    for (const { action, name } of await month.events()) {
      if (!/^(ne|eu)-\d$/.test(name)) continue;
      if (action === 'installStarted') down.add(name);
      if (action === 'installCompleted') down.delete(name);
      most = Math.max(most, down.size);
    }
    expect(most).toBe(1);
    const started = (await month.events()).filter((event) => event.action === 'installStarted');
    const ofDb = started.find(({ name }) => name === 'jp-db')?.at ?? '';
    const time = { timeZone: 'Asia/Tokyo', weekday: 'short', hour: '2-digit', hour12: false } as const;
    expect(new Intl.DateTimeFormat('en', time).format(new Date(ofDb))).toMatch(
      /^(Sat, (08|09|10|11)|(Sat|Sun), 1[4-9])$/,
    );
  });

  it('a CVE is rolled out now, its dates shown first, once another person approves', async () => {
    const emergency = ['emergency', '--security-since', '2026-11-01', '--tag', 'app=shop'];
    const about = ['--reason', 'CVE-2026-1234', '--hours', '00:00-00:00', '--bake', 'PT30M'];
    const dates = await says('ana', ...emergency, ...about, '--dry-run');
    expect(dates.out).toMatch(
      /^rollout-2026-11-e1, ends 2026-11-\d\d \d\d:\d\d UTC, beside rollout-2026-11\n/,
    );
    expect(dates.out).toMatch(/^2026-11: 4 VMs; half done /m);
    expect((await says('ana', ...emergency, ...about, '--yes')).out).toContain('waits for an approver');
    const approve = ['rollouts', 'approve', `${ID}-e1`, '--reason', 'Exploited.', '--yes'];
    await month.days(0.1);
    expect((await says('ana', ...approve)).code).toBe(1);
    expect(await reads('rollouts', 'show', `${ID}-e1`)).toContain('none yet');
    expect((await says('ben', ...approve)).code).toBe(0);
    await month.days(0.9);
    expect(await reads('rollouts', 'show', `${ID}-e1`)).toMatch(/^rollout-2026-11-e1 has ended: 4 VMs /);
  });

  it('a VM is left alone for two weeks, its owner is reminded, and then it is caught up', async () => {
    expect(await reads('forecast', '--state', 'excluded')).toMatch(/^jp-2 +excluded /m);
    await month.days(6);
    const [reminder] = await month.rows('compliance', 'decisions', '--what', 'exclusionEnds');
    expect(String(reminder?.['why'])).toContain('The exclusion db-move of dba@contoso.com');
    expect(sentTo('/on-call').some(({ body }) => body.includes('"lowtide.exclusionEnds"'))).toBe(true);
    expect(await reads('why', 'jp-2')).toMatch(/^jp-2: done\n[^]*Installed: /);
    const [began] = (await month.events()).filter(
      ({ name, action }) => name === 'jp-2' && action === 'installStarted',
    );
    expect((began?.at ?? '') > '2026-11-23T15:00').toBe(true); // midnight in Tokyo
  });

  it('who misses the 30 days: what is off may, what was given up does, by subscription and one by one; next month is compared with this one', async () => {
    expect(await reads('forecast', '--by', 'subscription')).toMatch(/^all +9 +0 +1 +3 +0 +0$/m);
    expect(await reads('forecast', '--state', 'atRisk')).toMatch(/^jp-off +atRisk .*poweredOff/m);
    expect(await reads('preview', '--month', '2026-12', '--against', 'previousMonth')).toMatch(/\d+ moved\n/);
  });

  it('the auditor takes away what was done: outcomes in order of time, and which VMs lacked a patch on a day', async () => {
    const outcomes = await month.rows('compliance', 'outcomes', '--rollout', ID);
    const times = outcomes.map(({ atUtc }) => String(atUtc));
    expect(times).toEqual([...times].sort());
    const csv = (await reads('compliance', 'outcomes', '--rollout', ID, '--csv')).trimEnd().split('\r\n');
    expect(csv).toHaveLength(outcomes.length + 1);
    const [one] = await month.rows('compliance', 'patches', '--vm', 'jp-1', '--state', 'Installed');
    const lacking = async (on: string): Promise<readonly unknown[]> => {
      const of = ['--patch', String(one?.['name']), '--on', on, '--state', 'missing'];
      const rows = await month.rows('compliance', 'missing', ...of);
      return rows.filter(({ version }) => version === one?.['version']).map(({ vmName }) => vmName);
    };
    const began = (await month.events()).find(
      ({ action, name }) => action === 'installStarted' && name === 'jp-1',
    );
    expect(await lacking(began?.at ?? '')).toContain('jp-1');
    expect(await lacking('2026-11-20')).not.toContain('jp-1');
  });

  it('on-call, Slack and Teams hear of it: signed, again after a 500, later each time; what never arrives is listed, and sent when a person says', async () => {
    const [first, second, third] = sentTo('/on-call');
    for (const one of [first, second, third]) expectSigned(one);
    const at = [first, second, third].map((one) => Number(one?.headers['webhook-timestamp']));
    expect(new Set([first, second, third].map((one) => one?.headers['webhook-id'])).size).toBe(1);
    expect([(at[1] ?? 0) - (at[0] ?? 0), (at[2] ?? 0) - (at[1] ?? 0)]).toEqual([60, 300]);
    const held = sentTo('/on-call')
      .map(({ body }) => JSON.parse(body) as Row)
      .filter(({ type }) => type === 'lowtide.held');
    expect(held[0]).toMatchObject({
      specversion: '1.0',
      data: { why: expect.stringContaining('Change 17') as string },
    });
    expect(sentTo('/slack').find(({ body }) => body.includes('Change 17'))?.body).toContain('"plain_text"');
    expect(sentTo('/teams').find(({ body }) => body.includes('Change 17'))?.body).toContain('AdaptiveCard');
    const listed = await reads('notifications');
    expect(listed).toMatch(
      /^dead +rollout-2026-11~2 +broken +started +2026-11-10 18:00 UTC +9 +It answered 500\.$/m,
    );
    expect(listed).not.toContain(SECRET);
    isBroken = false;
    const before = sentTo('/broken').length;
    const retry = /lowtide (notifications retry \S+ --receiver broken)/.exec(listed)?.[1] ?? '';
    expect((await says('ana', ...retry.split(' '))).code).toBe(0);
    await month.api.pass(2);
    expect(sentTo('/broken').length).toBe(before + 1);
    expect((await reads('notifications')).match(/^dead /gm)).toHaveLength(1);
  });

  it('who resumed, when and why is in the audit, and an audit that was changed on its way is found out', async () => {
    const [resumed] = await month.rows('compliance', 'decisions', '--what', 'resumed');
    expect(resumed).toMatchObject({ who: 'ana@contoso.com (oid-of-ana)', why: 'Change 17 is approved.' });
    expect(await reads('audit', '--verify')).toMatch(
      /^rollout-2026-11: \d+ rows, whole; head [0-9a-f]{64}$/m,
    );
    const forgeries: Readonly<Record<string, (rows: Row[]) => Row[]>> = {
      changed: (rows) => rows.map((row) => (row['what'] === 'resumed' ? { ...row, why: 'Lunch.' } : row)),
      removed: (rows) => rows.filter(({ what }) => what !== 'resumed'),
      added: (rows) => rows.flatMap((row) => (row['what'] === 'resumed' ? [row, row] : [row])),
    };
    for (const [kind, forge] of Object.entries(forgeries)) {
      const between = await httpReceiver(async ({ path }) => {
        const body = await month.read(path);
        if (!path.startsWith('/api/audit?') && path !== '/api/audit') return { status: 200, body };
        const page = JSON.parse(body) as { value: Row[] };
        return { status: 200, body: JSON.stringify({ ...page, value: forge(page.value) }) };
      });
      const { code, out } = await says('rea', 'audit', '--verify', '--url', between.url);
      await between.close();
      expect([kind, code, out]).toEqual([
        kind,
        2,
        expect.stringMatching(new RegExp(`^ {2}${kind}: .+$`, 'm')),
      ]);
    }
  });

  it('Prometheus reads it: every VM once, by its state', async () => {
    const lines = (await month.read('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith('lowtide_rollout_vms{'));
    expect(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(VMS.length);
  });
});

/** As a receiver verifies it: Standard Webhooks. */
function expectSigned(received: Received | undefined): void {
  if (received === undefined) throw new Error('It did not arrive.');
  const { headers, body } = received;
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  expect(headers['webhook-signature']).toBe(
    `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  );
}

import { OTHER_SUBSCRIPTION, peoplesMonth, SUBSCRIPTION, type PeoplesMonth } from './peoplesMonth';

const ID = 'rollout-2026-12';
const VMS = [
  { name: 'shop-1', region: 'northeurope', subscription: OTHER_SUBSCRIPTION },
  { name: 'shop-2', region: 'northeurope', subscription: OTHER_SUBSCRIPTION },
  { name: 'office-1', region: 'northeurope', subscription: SUBSCRIPTION },
  { name: 'office-2', region: 'northeurope', subscription: SUBSCRIPTION },
];
/** As a calendar program writes it: its last day is the one after. */
const HOLIDAYS = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//contoso//holidays//EN',
  'BEGIN:VEVENT',
  'UID:year-end@contoso.com',
  'SUMMARY:Year end',
  'DTSTART;VALUE=DATE:20261220',
  'DTEND;VALUE=DATE:20270103',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');

/** A December in which the shop sells most; its month begins late, once the shop is frozen. Rows of issue 15: jobsOfAMonth.test.ts. */
describe('the end of a year', () => {
  let month: PeoplesMonth;
  /** The VMs of an application that were installed before an instant. */
  const installedBefore = async (utc: string, application: string): Promise<number> => {
    const events = (await month.events()).filter(({ action, at }) => action === 'installStarted' && at < utc);
    return new Set(events.map(({ name }) => name).filter((name) => name.startsWith(application))).size;
  };

  beforeAll(async () => {
    month = await peoplesMonth(
      '2026-12-28T12:00:00.000Z',
      VMS,
      () => ({ status: 204 }),
      (url) => ({
        LOWTIDE_STANDALONE_SHARE_PERCENT: '100',
        LOWTIDE_NOTIFICATIONS: JSON.stringify([{ name: 'inside', url: url.replace('http:', 'https:') }]),
      }),
    );
  });
  afterAll(() => month.close());

  it('one subscription is frozen from 20 December to 2 January: the days of an iCalendar file, or two days and a reason', async () => {
    const about = ['--subscription', OTHER_SUBSCRIPTION, '--owner', 'shop@contoso.com'];
    const file = month.file('holidays.ics', HOLIDAYS);
    const imported = await month.says('ana', 'freeze', 'import', file, ...about);
    expect([imported.code, imported.out]).toEqual([
      0,
      expect.stringMatching(
        /^ics-\w+ +standing +2026-12-20T00:00 +2027-01-03T00:00 +each VM's own +subscription \S+c2 +2 +shop@contoso\.com +Year end$/m,
      ),
    ]);
    const dates = ['--from', '2026-12-20', '--to', '2027-01-02', '--reason', 'Its sale.'];
    expect((await month.says('rea', 'freeze', 'add', 'sale', ...dates, ...about)).err).toContain(
      'role operator',
    );
    expect((await month.says('ana', 'freeze', 'add', 'sale', ...dates, ...about)).out).toMatch(
      /^sale +standing +2026-12-20 +2027-01-02 /m,
    );
  });

  it('the rollout that runs obeys it at once: nothing of the subscription is touched until it is over, then all of it is caught up', async () => {
    await month.says('ana', 'rollouts', 'start', '--month', '2026-12');
    await month.days(4);
    expect(await installedBefore('2027-01-02', 'office')).toBe(2);
    expect((await month.says('rea', 'why', 'shop-1')).out).toMatch(
      /^shop-1: held\n[^]*frozen since 2026-12-20 00:00 UTC\..*\n[^]*start: earliest 2027-01-03 /,
    );
    await month.days(3.6);
    expect(await installedBefore('2027-01-03', 'shop')).toBe(0);
    expect(await installedBefore('2027-01-05', 'shop')).toBe(2);
    expect((await month.says('rea', 'forecast', '--by', 'subscription')).out).toMatch(/^all +4 +0 /m);
    expect((await month.says('rea', 'rollouts', 'show', ID)).out).toMatch(
      /^rollout-2026-12 has ended: 4 VMs/,
    );
  });

  it('a receiver inside the network of the host is refused, and the person who asks reads why', async () => {
    const { out } = await month.says('rea', 'notifications');
    expect(month.receiver.received).toEqual([]);
    expect(out).toMatch(
      /inside .* 127\.0\.0\.1 is 127\.0\.0\.1, which is not a public address: it is not allowed/,
    );
  });
});

import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const CALENDAR = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//test//test',
  'BEGIN:VEVENT',
  'UID:year-end',
  'SUMMARY:Year end',
  'DTSTART;VALUE=DATE:20261220',
  'DTEND;VALUE=DATE:20270103',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:weekly',
  'SUMMARY:Payroll',
  'DTSTART;TZID=W. Europe Standard Time:20261201T200000',
  'DTEND;TZID=W. Europe Standard Time:20261201T220000',
  'RRULE:FREQ=WEEKLY;COUNT=3',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');

interface Outcome {
  readonly vmId: string;
  readonly kind: string;
  readonly reason: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

describe('freezes and exclusions in a running rollout', () => {
  let api: Api;
  const outcomes = async (): Promise<readonly Outcome[]> =>
    (await api.send('GET', '/api/rollouts/rollout-2026-11/virtual-machines')).body[
      'value'
    ] as unknown as Outcome[];
  const installsSince = async (utc: string): Promise<readonly string[]> => {
    const events = (await api.send('GET', '/api/simulated/events')).body['value'] as unknown as {
      readonly at: string;
      readonly action: string;
      readonly vm: string;
    }[];
    return events.filter(({ at, action }) => action === 'installStarted' && at >= utc).map(({ vm }) => vm);
  };
  beforeAll(async () => {
    api = await apiMonth(anApi, 0);
  });
  afterAll(() => api.close());

  it('INV-17: an excluded VM is deferred with owner, reason and end, and counted apart, while the others are patched', async () => {
    const put = await api.send('PUT', '/api/exclusions/lone', {
      selector: { vm: MONTH_VM },
      from: '2026-11-10',
      to: '2026-12-01',
      reason: 'Its database is being moved.',
      owner: 'dba@contoso.com',
    });
    expect([put.status, put.body['state']]).toEqual([200, 'standing']);
    await api.pass(4 * 24 * 60);
    const all = await outcomes();
    expect(all.find(({ vmId }) => vmId === MONTH_VM.toLowerCase())).toMatchObject({
      kind: 'deferred',
      reason: 'excludedForNow',
      facts: { exclusion: 'lone', owner: 'dba@contoso.com', why: 'Its database is being moved.' },
    });
    expect(all.filter(({ kind }) => kind === 'patched').length).toBeGreaterThan(1);
    const rollout = (await api.send('GET', '/api/rollouts/rollout-2026-11')).body;
    expect(rollout['reasons']).toMatchObject({ deferred: { excludedForNow: 1 } });
    expect(await installsSince('2026-11-10')).not.toContain(MONTH_VM);
  });

  it('a freeze that comes while the rollout runs is heeded by everything that has not started, at once', async () => {
    expect((await api.send('DELETE', '/api/exclusions/lone')).status).toBe(200);
    const frozen = {
      selector: {},
      from: '2026-11-14T00:00:00Z',
      to: '2026-11-17T00:00:00Z',
      reason: 'A launch.',
      owner: 'ops',
    };
    const put = await api.send('PUT', '/api/freezes/launch', frozen);
    expect([put.status, put.headers['etag']]).toEqual([200, put.body['etag']]);
    const again = await api.send('PUT', '/api/freezes/launch', frozen, { 'if-none-match': '*' });
    expect([again.status, again.body['code']]).toEqual([412, 'CHANGED_SINCE']);
    const since = api.host.nowUtc();
    await api.pass(24 * 60);
    expect(await installsSince(since)).toEqual([]);
    expect((await api.send('GET', '/api/freezes')).body['value']).toMatchObject([
      { id: 'launch', state: 'standing' },
    ]);
  });

  it('what was held is caught up when the freeze is lifted', async () => {
    expect((await api.send('DELETE', '/api/freezes/launch')).status).toBe(200);
    await api.pass(36 * 60);
    const one = (await outcomes()).find(({ vmId }) => vmId === MONTH_VM.toLowerCase());
    expect(one?.kind).toBe('patched');
  });

  it('an iCalendar file becomes freezes, each event once however often it is sent, in the zone that it names', async () => {
    const send = (): ReturnType<Api['send']> =>
      api.send('POST', '/api/freezes/import?region=westeurope&owner=events', CALENDAR, {
        'content-type': 'text/calendar',
      });
    const first = await send();
    const value = first.body['value'] as unknown as { readonly id: string }[];
    expect([first.status, value.length]).toEqual([200, 4]);
    expect(value).toMatchObject([
      {
        from: '2026-12-20T00:00',
        to: '2027-01-03T00:00',
        timeZone: null,
        reason: 'Year end',
        owner: 'events',
      },
      {
        from: '2026-12-01T20:00',
        timeZone: 'W. Europe Standard Time',
        reason: 'Payroll',
        selector: { region: 'westeurope' },
      },
      { from: '2026-12-08T20:00' },
      { from: '2026-12-15T20:00' },
    ]);
    await send();
    expect(((await api.send('GET', '/api/freezes')).body['value'] as unknown as unknown[]).length).toBe(4);
    expect((await api.send('POST', '/api/freezes/import', 'no calendar')).status).toBe(400);
  });

  it('the owner of an exclusion is reminded once before its end, in the audit', async () => {
    const end = {
      selector: { vm: MONTH_VM },
      from: '2026-11-15',
      to: '2026-11-19',
      reason: 'r',
      owner: 'dba',
    };
    await api.send('PUT', '/api/exclusions/short', end);
    await api.pass(3 * 24 * 60);
    const rows = ((await api.send('GET', '/api/audit?chain=operator')).body['value'] ?? []) as unknown as {
      readonly what: string;
      readonly subject: string;
    }[];
    expect(rows.filter(({ what }) => what === 'exclusionEnds').map(({ subject }) => subject)).toEqual([
      'short',
    ]);
  });
});

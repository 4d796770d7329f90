import type { Freeze } from '../../domain/freezes';
import { freezeRoutes, lookAtFreezes } from '../../operatorApi/freezes';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { freezeStore } from '../../store/freezes';
import { someServices, type FakeServices } from '../support/fakeServices';

const NOW = '2026-11-13T04:00:00.000Z';
const LAUNCH = { selector: {}, from: '2026-11-12', to: '2026-11-14', reason: 'A launch.', owner: 'ops' };
const PAST = { ...LAUNCH, from: '2026-10-01', to: '2026-10-02' };

const aFreeze = (id: string, over: Partial<Freeze> = {}): Freeze => ({
  ...LAUNCH,
  id,
  kind: 'freeze',
  timeZone: null,
  createdUtc: '2026-10-01T00:00:00.000Z',
  createdBy: 'ann',
  ...over,
});

interface Listed {
  readonly value: readonly { readonly id: string; readonly state: string }[];
  readonly nextLink?: string;
}

async function ask(
  services: FakeServices,
  name: string,
  {
    id = '',
    query = '',
    body = '',
  }: { readonly id?: string; readonly query?: string; readonly body?: unknown },
): Promise<Listed> {
  const asked = new URLSearchParams(query);
  const request = {
    parameter: () => id,
    query: (one: string) => asked.get(one),
    header: () => null,
    json: () => Promise.resolve(body),
    bytes: () => Promise.resolve(new TextEncoder().encode(String(body))),
    path: '/api/freezes',
    by: 'ann',
  } as unknown as OperatorRequest;
  const route = freezeRoutes.find((one) => one.name === name);
  const answer = await route?.handler(request, { services } as unknown as OperatorContext);
  return answer?.jsonBody as Listed;
}

/** And how many rows each call has read. */
async function countingServices(): Promise<{ services: FakeServices; rowsRead: () => number }> {
  const services = await someServices({ nowUtc: NOW });
  let count = 0;
  const freezes = freezeStore({
    table: (name) => {
      const table = services.store.table(name);
      return {
        ...table,
        list: async (...asked) => {
          const rows = await table.list(...asked);
          count += rows.length;
          return rows;
        },
      };
    },
  });
  return { services: { ...services, freezes }, rowsRead: () => count };
}

const calendarOf = (count: number, day = '20261220'): string =>
  [
    'BEGIN:VCALENDAR',
    ...Array.from({ length: count }, (_, n) =>
      [`BEGIN:VEVENT`, `UID:${n}`, `SUMMARY:Event ${n}`, `DTSTART;VALUE=DATE:${day}`, 'END:VEVENT'].join(
        '\r\n',
      ),
    ),
    'END:VCALENDAR',
  ].join('\r\n');

describe('freezes and exclusions that are over', () => {
  it('are not read before an installation, and are listed a page at a time', async () => {
    const { services, rowsRead } = await countingServices();
    for (let n = 0; n < 1200; n += 1)
      await services.freezes.save(aFreeze(`past-${n}`, { from: '2026-10-01', to: '2026-10-02' }), null);
    await services.freezes.save(aFreeze('launch'), null);
    for (let days = 0; days < 2; days += 1) await lookAtFreezes(services);
    const before = rowsRead();
    expect((await services.freezes.list()).map(({ id }) => id)).toEqual(['launch']);
    expect(rowsRead() - before).toBe(1);

    const found: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: Listed = await ask(services, 'listFreezes', { query: next });
      expect(page.value.length).toBeLessThanOrEqual(501);
      found.push(...page.value.map(({ id }) => id));
      next = page.nextLink?.split('?')[1];
    }
    expect([found[0], found.length, new Set(found).size]).toEqual(['launch', 1201, 1201]);
  });

  it('stay where they are for a day, for a host whose clock is behind', async () => {
    const { services } = await countingServices();
    await services.freezes.save(aFreeze('ended', { from: '2026-11-12', to: '2026-11-13T03:00:00Z' }), null);
    await lookAtFreezes(services);
    expect(await services.freezes.list()).toHaveLength(1);
  });

  it('are in force again when a person gives them another end, and are lifted', async () => {
    const { services } = await countingServices();
    await ask(services, 'putFreeze', { id: 'launch', body: PAST });
    expect(await services.freezes.list()).toEqual([]);
    expect((await ask(services, 'listFreezes', {})).value).toMatchObject([{ id: 'launch', state: 'over' }]);
    await ask(services, 'putFreeze', { id: 'launch', body: LAUNCH });
    expect((await ask(services, 'listFreezes', {})).value).toMatchObject([
      { id: 'launch', state: 'standing' },
    ]);
    await ask(services, 'putFreeze', { id: 'launch', body: PAST });
    await ask(services, 'deleteFreeze', { id: 'launch' });
    expect((await ask(services, 'listFreezes', {})).value).toEqual([]);
  });

  it('are kept when two hosts set them aside at once, and when a person changes one meanwhile', async () => {
    const { services } = await countingServices();
    const past = aFreeze('past', { from: '2026-10-01', to: '2026-10-02' });
    await services.freezes.save(past, null);
    await Promise.all([services.freezes.setAside(past), services.freezes.setAside(past)]);
    expect(await services.freezes.read('freeze', 'past')).toEqual(past);
    const longer = { ...past, to: '2026-12-01' };
    expect(await services.freezes.save(longer, past)).toBe(true);
    await services.freezes.setAside(past);
    expect(await services.freezes.list()).toEqual([longer]);
  });
});

describe('freezes and exclusions that are in force or to come', () => {
  const fill = async (services: FakeServices, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1)
      await services.freezes.save(aFreeze(`f-${n}`, n % 2 === 0 ? {} : { kind: 'exclusion' }), null);
  };

  it('are 1,000 at most: one more is refused, one that is there is changed', async () => {
    const { services } = await countingServices();
    await fill(services, 1000);
    await expect(ask(services, 'putFreeze', { id: 'more', body: LAUNCH })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
      detail: {
        what: expect.stringContaining('1,000') as string,
        fix: expect.stringContaining('tag') as string,
      },
    });
    await ask(services, 'putFreeze', { id: 'f-0', body: { ...LAUNCH, reason: 'Another.' } });
    await ask(services, 'deleteFreeze', { id: 'f-0' });
    await ask(services, 'putFreeze', { id: 'more', body: LAUNCH });
    expect(await services.freezes.list()).toHaveLength(1000);
  });

  it('are not counted with those that are over', async () => {
    const { services } = await countingServices();
    await fill(services, 999);
    await services.freezes.save(aFreeze('past', { from: '2026-10-01', to: '2026-10-02' }), null);
    await ask(services, 'putFreeze', { id: 'more', body: LAUNCH });
    expect(await services.freezes.list()).toHaveLength(1001);
  });

  it('are imported all or none: a calendar that is too long for one import or for what is left makes none', async () => {
    const { services } = await countingServices();
    await fill(services, 800);
    const imported = (count: number): Promise<Listed> =>
      ask(services, 'importFreezes', { body: calendarOf(count) });
    await expect(imported(501)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(imported(201)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await services.freezes.list()).toHaveLength(800);
    expect((await imported(200)).value).toHaveLength(200);
    expect((await imported(200)).value).toHaveLength(200);
  });
});

import { anApi, type Api } from '../armApi/api';
import { httpReceiver } from './httpReceiver';
import { typed, type Typed } from './typed';

const idOf = (group: string, kind: string, name: string): string =>
  `/subscriptions/00000000-0000-4000-8000-0000000000e2/resourceGroups/${group}/providers/Microsoft.Compute/${kind}/${name}`;

const aVm = (group: string, name: string, set?: string): object => ({
  id: idOf(group, 'virtualMachines', name),
  location: 'northeurope',
  ...(set !== undefined && { availabilitySet: { id: idOf(group, 'availabilitySets', set) } }),
});

/** More VMs than a page has rows between two of one name, and more sets than are counted without being asked for. */
const FLEET = [
  aVm('rg-a', 'db-1'),
  ...Array.from({ length: 1_000 }, (_, n) => aVm('rg-b', `db-1${n}`)),
  aVm('rg-z', 'db-1'),
  aVm('rg-z', 'old-db-1-last'),
  ...Array.from({ length: 201 }, (_, n) => [1, 2].map((m) => aVm('rg-b', `s${n}-${m}`, `s-${n}`))).flat(),
  ...[1, 2].map((m) => aVm('rg-a', `a-web-${m}`, 'web')),
  aVm('rg-z', 'z-web', 'web'),
  aVm('rg-z', 'z-lone', 'lone'),
];

describe('a name, in a fleet that no page holds', () => {
  let api: Api;
  const lowtide = (...args: readonly string[]): Promise<Typed> => typed(...args, '--url', api.host.baseUrl);
  const namesOf = async (...args: readonly string[]): Promise<readonly string[]> =>
    (JSON.parse((await lowtide(...args, '--json')).out) as { name: string }[]).map(({ name }) => name);

  beforeAll(async () => {
    api = await anApi({ port: 0 });
    await api.send('POST', '/api/fleet', JSON.stringify(FLEET));
    await api.pass(10);
  });
  afterAll(() => api.close());

  it('that two VMs have is refused, however many VMs are between them', async () => {
    const { code, err } = await lowtide('fleet', '--vm', 'db-1');
    expect([code, err]).toEqual([1, expect.stringContaining('Several VMs are called db-1.')]);
    expect(err).toContain(idOf('rg-z', 'virtualMachines', 'db-1').toLowerCase());
  });

  it('that one VM has is found behind every other that contains it', async () => {
    expect(await namesOf('fleet', '--vm', 'old-db-1-last')).toEqual(['old-db-1-last']);
  });

  it('that two sets have is refused, though one of them has fewer VMs than 200 others', async () => {
    const { code, err } = await lowtide('fleet', '--set', 'web');
    expect([code, err]).toEqual([1, expect.stringContaining('Several availability sets are called web.')]);
  });

  it('that one set has is found, though 200 others have more VMs', async () => {
    expect(await namesOf('fleet', '--set', 'lone')).toEqual(['z-lone']);
  });
});

it('a set is not named by its name where the host does not name all of them', async () => {
  const groups = [{ name: idOf('rg-a', 'availabilitySets', 'web'), count: 2 }];
  const host = await httpReceiver(() => ({
    status: 200,
    body: JSON.stringify({ total: 3, value: [], groups }),
  }));
  const { code, err } = await typed('fleet', '--set', 'web', '--url', host.url);
  await host.close();
  expect([code, err]).toEqual([
    1,
    expect.stringContaining('Whether one availability set alone is called web'),
  ]);
  expect(err).toContain('fix: Give the full ARM id of the set.');
  expect(host.received).toHaveLength(1);
});

import type { Freeze } from '../../domain/freezes';
import { freezeRoutes } from '../../operatorApi/freezes';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { someServices, type FakeServices } from '../support/fakeServices';

const LAUNCH = { selector: {}, from: '2026-11-12', to: '2026-11-14', reason: 'A launch.', owner: 'ops' };

async function ask(
  services: FakeServices,
  name: 'putFreeze' | 'deleteFreeze',
  by: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly etag: string }> {
  const request = {
    parameter: () => 'launch',
    query: () => null,
    header: (one: string) => headers[one] ?? null,
    json: () => Promise.resolve(body),
    by,
  } as unknown as OperatorRequest;
  const route = freezeRoutes.find((one) => one.name === name);
  const answer = await route?.handler(request, { services } as unknown as OperatorContext);
  return answer?.jsonBody as { readonly etag: string };
}

/** Bob looks, and before he writes Ann does something. */
function bobAfter(services: FakeServices, annDoes: () => Promise<unknown>): FakeServices {
  const read: FakeServices['freezes']['read'] = async (kind, id) => {
    const found = await services.freezes.read(kind, id);
    await annDoes();
    return found;
  };
  return { ...services, freezes: { ...services.freezes, read } };
}

const standing = async (services: FakeServices): Promise<readonly Freeze[]> => services.freezes.list();

const rowsOf = async (
  services: FakeServices,
): Promise<Awaited<ReturnType<FakeServices['audit']['page']>>['value']> =>
  (await services.audit.page('operator', '')).value;

describe('a freeze that two people change at once', () => {
  it('INV-17: is not lifted by one who has not seen it as it is now; the audit says last that it stands', async () => {
    const services = await someServices();
    await ask(services, 'putFreeze', 'ann', LAUNCH);
    let isFirst = true;
    const bob = bobAfter(services, async () => {
      if (!isFirst) return;
      isFirst = false;
      await ask(services, 'putFreeze', 'ann', { ...LAUNCH, to: '2026-12-01' });
    });
    await expect(ask(bob, 'deleteFreeze', 'bob')).rejects.toMatchObject({ code: 'CHANGED_SINCE' });
    expect(await standing(services)).toMatchObject([{ id: 'launch', to: '2026-12-01' }]);
    expect((await rowsOf(services)).at(-1)).toMatchObject({
      what: 'frozen',
      subject: 'launch',
      evidence: { to: '2026-12-01' },
    });
  });

  it('is lifted once and for all by two who lift it', async () => {
    const services = await someServices();
    await ask(services, 'putFreeze', 'ann', LAUNCH);
    const bob = bobAfter(services, () => ask(services, 'deleteFreeze', 'ann'));
    await ask(bob, 'deleteFreeze', 'bob');
    expect(await standing(services)).toEqual([]);
  });

  it('INV-17: stands as the audit has it last, and as who wrote last wanted it', async () => {
    const services = await someServices();
    let isFirst = true;
    const bob = bobAfter(services, async () => {
      if (!isFirst) return;
      isFirst = false;
      await ask(services, 'putFreeze', 'ann', { ...LAUNCH, to: '2026-12-01' });
    });
    await ask(bob, 'putFreeze', 'bob', LAUNCH);
    expect(await standing(services)).toMatchObject([{ to: LAUNCH.to, createdBy: 'ann' }]);
    expect((await rowsOf(services)).at(-1)).toMatchObject({
      who: 'bob',
      evidence: { to: LAUNCH.to, replaced: { to: '2026-12-01', createdBy: 'ann' } },
    });
  });

  it('is left as it is by one who asked for another, and the audit says last that it stands', async () => {
    const services = await someServices();
    const { etag } = await ask(services, 'putFreeze', 'ann', LAUNCH);
    let isFirst = true;
    const bob = bobAfter(services, async () => {
      if (!isFirst) return;
      isFirst = false;
      await ask(services, 'putFreeze', 'ann', { ...LAUNCH, to: '2026-12-01' });
    });
    const later = { ...LAUNCH, to: '2026-12-24' };
    await expect(ask(bob, 'putFreeze', 'bob', later, { 'if-match': etag })).rejects.toMatchObject({
      code: 'CHANGED_SINCE',
    });
    expect(await standing(services)).toMatchObject([{ to: '2026-12-01' }]);
    expect((await rowsOf(services)).at(-1)).toMatchObject({ who: 'lowtide', evidence: { to: '2026-12-01' } });
  });
});

describe('a freeze of a name that is taken', () => {
  const CHANGED = { code: 'CHANGED_SINCE' };
  const later = { ...LAUNCH, to: '2026-12-24' };

  it('is not made by one who asks for a new one, and nothing is written down', async () => {
    const services = await someServices();
    const onlyNew = { 'if-none-match': '*' };
    await ask(services, 'putFreeze', 'ann', LAUNCH, onlyNew);
    await expect(ask(services, 'putFreeze', 'bob', later, onlyNew)).rejects.toMatchObject(CHANGED);
    expect(await standing(services)).toMatchObject([{ to: LAUNCH.to }]);
    expect(await rowsOf(services)).toHaveLength(1);
  });

  it('is changed and lifted by one who has seen it as it is now', async () => {
    const services = await someServices();
    const first = await ask(services, 'putFreeze', 'ann', LAUNCH);
    const asFirst = { 'if-match': first.etag };
    const second = await ask(services, 'putFreeze', 'bob', later, asFirst);
    await expect(ask(services, 'putFreeze', 'ann', LAUNCH, asFirst)).rejects.toMatchObject(CHANGED);
    await expect(ask(services, 'deleteFreeze', 'ann', undefined, asFirst)).rejects.toMatchObject(CHANGED);
    expect(await standing(services)).toMatchObject([{ to: later.to }]);
    await ask(services, 'deleteFreeze', 'ann', undefined, { 'if-match': second.etag });
    expect(await standing(services)).toEqual([]);
    await expect(ask(services, 'putFreeze', 'ann', LAUNCH, { 'if-match': '*' })).rejects.toMatchObject(
      CHANGED,
    );
  });

  it('takes its place without a condition, and the audit shows what was there', async () => {
    const services = await someServices();
    await ask(services, 'putFreeze', 'ann', LAUNCH);
    await ask(services, 'putFreeze', 'bob', { ...later, reason: 'Another launch.', owner: 'shop' });
    expect((await rowsOf(services)).map(({ who, evidence }) => [who, evidence['replaced']])).toEqual([
      ['ann', undefined],
      [
        'bob',
        {
          selector: 'every VM',
          from: LAUNCH.from,
          to: LAUNCH.to,
          timeZone: null,
          owner: 'ops',
          reason: 'A launch.',
          createdBy: 'ann',
        },
      ],
    ]);
  });

  it('is the same again without a change, and nothing is written down', async () => {
    const services = await someServices();
    await ask(services, 'putFreeze', 'ann', LAUNCH);
    await ask(services, 'putFreeze', 'bob', LAUNCH);
    expect(await rowsOf(services)).toHaveLength(1);
  });
});

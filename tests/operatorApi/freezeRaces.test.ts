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
): Promise<void> {
  const request = {
    parameter: () => 'launch',
    query: () => null,
    json: () => Promise.resolve(body),
    by,
  } as unknown as OperatorRequest;
  const route = freezeRoutes.find((one) => one.name === name);
  await route?.handler(request, { services } as unknown as OperatorContext);
}

/** Bob looks, and before he writes Ann does something. */
function bobAfter(services: FakeServices, annDoes: () => Promise<void>): FakeServices {
  const read: FakeServices['freezes']['read'] = async (kind, id) => {
    const found = await services.freezes.read(kind, id);
    await annDoes();
    return found;
  };
  return { ...services, freezes: { ...services.freezes, read } };
}

const standing = async (services: FakeServices): Promise<readonly Freeze[]> => services.freezes.list();

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
    await expect(ask(bob, 'deleteFreeze', 'bob')).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await standing(services)).toMatchObject([{ id: 'launch', to: '2026-12-01' }]);
    const rows = (await services.audit.page('operator', '')).value;
    expect(rows.at(-1)).toMatchObject({ what: 'frozen', subject: 'launch', evidence: { to: '2026-12-01' } });
  });

  it('is lifted once and for all by two who lift it', async () => {
    const services = await someServices();
    await ask(services, 'putFreeze', 'ann', LAUNCH);
    const bob = bobAfter(services, () => ask(services, 'deleteFreeze', 'ann'));
    await ask(bob, 'deleteFreeze', 'bob');
    expect(await standing(services)).toEqual([]);
  });
});

import { closeRollout } from '../../activities/closeRollout';
import { phaseIdOf } from '../../domain/phaseId';
import { decideRollout } from '../../operatorApi/decideRollout';
import { decideScope } from '../../operatorApi/decideScope';
import { ROLLOUT, someServices, WINDOW_OPENS, type FakeServices } from '../support/fakeServices';

const ANN = { by: 'ann', reason: 'The patch is withdrawn.' };
const BOB = { by: 'bob', reason: 'I heard of it, too.' };

const cancel = (services: FakeServices, who = ANN): Promise<void> =>
  decideRollout(services, ROLLOUT, 'cancel', who);
const close = (services: FakeServices): Promise<unknown> =>
  services.run(closeRollout, { rolloutId: ROLLOUT, from: null });

/** A rollout with a halt, whose cancel dies between its row and the audit; a minute later. */
async function cutOff(): Promise<FakeServices> {
  const services = await someServices();
  await services.rollouts.addHalt(ROLLOUT, {
    haltId: 'one',
    kind: 'halt',
    phase: phaseIdOf(2),
    region: 'eastus',
    why: 'unhealthy',
    atUtc: WINDOW_OPENS,
    decision: null,
  });
  const died = (): Promise<never> => Promise.reject(new Error('the host dies'));
  const dying = { ...services, audit: { ...services.audit, append: died, appendNew: died } };
  await expect(cancel(dying)).rejects.toThrow('the host dies');
  expect((await services.rollouts.read(ROLLOUT))?.mode).toBe('cancelled');
  services.wait(60);
  return services;
}

const audited = async (services: FakeServices): Promise<unknown[]> =>
  (await services.audit.page(ROLLOUT, '')).value.map(({ what, who, why, evidence }) =>
    what === 'cancelled' ? { who, why, evidence } : what,
  );

const OF_ANN = { who: ANN.by, why: ANN.reason, evidence: { halts: ['one'] } };

describe('INV-11: a cancel whose host died before it was in the audit, which notifies', () => {
  it('is in it once when the rollout is closed, with who said it and why', async () => {
    const services = await cutOff();
    await close(services);
    await close(services);
    expect(await audited(services)).toEqual([OF_ANN, 'rolloutEnded']);
  });

  it('is in it once when it is said again, which answers its halts, too', async () => {
    const services = await cutOff();
    for (const who of [ANN, BOB])
      await expect(cancel(services, who)).rejects.toMatchObject({ code: 'ROLLOUT_ENDED' });
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision).toMatchObject({
      kind: 'cancel',
      by: 'ann',
    });
    await close(services);
    expect(await audited(services)).toEqual([OF_ANN, 'rolloutEnded']);
  });
});

describe('INV-11: a part that is given up, whose host died before that was in the audit', () => {
  it.each([
    ['cancel', 'cancelled'],
    ['skip', 'skipped'],
  ] as const)('%s: is in it once when the rollout is closed', async (kind, what) => {
    const services = await someServices();
    const died = (): Promise<never> => Promise.reject(new Error('the host dies'));
    const dying = { ...services, audit: { ...services.audit, appendNew: died } };
    const scope = { region: 'eastus' };
    await expect(decideScope(dying, ROLLOUT, kind, scope, ANN)).rejects.toThrow('the host dies');
    services.wait(60);
    await decideScope(services, ROLLOUT, kind, { region: 'westus' }, BOB);
    await close(services);
    await close(services);
    const rows = (await services.audit.list(ROLLOUT)).filter((row) => row.what === what);
    expect(rows.map(({ who, why, subject, evidence }) => ({ who, why, subject, evidence }))).toEqual([
      { who: 'ann', why: ANN.reason, subject: 'region eastus', evidence: { scope, halts: [] } },
      expect.objectContaining({ who: 'bob', subject: 'region westus' }),
    ]);
  });
});

describe('a cancel in the audit', () => {
  it('is one row where nothing goes wrong', async () => {
    const services = await someServices();
    await cancel(services);
    await close(services);
    expect(await audited(services)).toEqual([{ ...OF_ANN, evidence: { halts: [] } }, 'rolloutEnded']);
  });

  it('is a row of each of two people who say it at once', async () => {
    const services = await someServices();
    const halts: FakeServices['rollouts']['halts'] = async (id) => {
      await cancel(services);
      return services.rollouts.halts(id);
    };
    await cancel({ ...services, rollouts: { ...services.rollouts, halts } }, BOB).catch(() => undefined);
    expect((await audited(services)).map((row) => (row as { who: string }).who)).toEqual(['ann', 'bob']);
  });
});

import type { Halt } from '../../domain/control';
import { phaseIdOf } from '../../domain/phaseId';
import { decideRollout } from '../../operatorApi/decideRollout';
import { decideScope } from '../../operatorApi/decideScope';
import { ROLLOUT, someServices, WINDOW_OPENS, type FakeServices } from '../support/fakeServices';

const ANN = { by: 'ann', reason: 'not now' };
const BOB = { by: 'bob', reason: 'go on' };
const EASTUS = { region: 'eastus' };

const aHalt = (haltId: string): Halt => ({
  haltId,
  kind: 'hold',
  phase: phaseIdOf(2),
  region: 'eastus',
  why: `${haltId} has its reason.`,
  atUtc: WINDOW_OPENS,
  decision: null,
});

async function halted(...haltIds: readonly string[]): Promise<FakeServices> {
  const services = await someServices();
  await services.rollouts.savePhase(ROLLOUT, {
    phase: phaseIdOf(2),
    regions: ['eastus'],
    vmCount: 1,
    startedUtc: null,
    gate: null,
  });
  for (const haltId of haltIds) await services.rollouts.addHalt(ROLLOUT, aHalt(haltId));
  return services;
}

/** Services whose caller has seen the halts when something else happens, once. */
function whileItDecides(services: FakeServices, other: () => Promise<unknown>): FakeServices {
  let isFirst = true;
  const halts: FakeServices['rollouts']['halts'] = async (id) => {
    const seen = await services.rollouts.halts(id);
    if (isFirst) {
      isFirst = false;
      services.wait(1);
      await other();
    }
    return seen;
  };
  return Object.assign({}, services, { rollouts: { ...services.rollouts, halts } });
}

const overtaken = (why: RegExp): object => ({
  code: 'DECISION_OVERTAKEN',
  detail: { why: expect.stringMatching(why) as string },
});

describe('a decision that something else has overtaken says what stands now', () => {
  it('INV-9: a resume, and the pause that another person gave meanwhile', async () => {
    const services = await halted('one');
    const bob = whileItDecides(services, () => decideRollout(services, ROLLOUT, 'pause', ANN));
    await expect(decideRollout(bob, ROLLOUT, 'resume', BOB)).rejects.toMatchObject(
      overtaken(/^It was paused at 2026-11-13T03:15:01/),
    );
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision).toMatchObject({ by: 'bob' });
  });

  it.each(['resume', 'skip'] as const)('a %s, and a halt that came meanwhile', async (kind) => {
    const services = await halted('one');
    await services.waits.register(ROLLOUT, {
      topic: 'control',
      instanceId: 'go',
      untilUtc: '2026-12-08T18:00:00.000Z',
    });
    const bob = whileItDecides(services, () => services.rollouts.addHalt(ROLLOUT, aHalt('two')));
    await expect(decideRollout(bob, ROLLOUT, kind, BOB)).rejects.toMatchObject(
      overtaken(/^two stands: two has its reason\.$/),
    );
    expect(services.woken).toEqual(['go']);
  });

  it.each([
    ['resume', 'skip'],
    ['skip', 'resume'],
  ] as const)('a %s, and the %s of another person who was first', async (kind, first) => {
    const services = await halted('one');
    const bob = whileItDecides(services, () => decideRollout(services, ROLLOUT, first, ANN));
    await expect(decideRollout(bob, ROLLOUT, kind, BOB)).rejects.toMatchObject(
      overtaken(new RegExp(`^ann answered one with ${first}\\.$`)),
    );
  });

  it('a resume of a part, and the pause of that part that another person gave meanwhile', async () => {
    const services = await halted('one');
    const bob = whileItDecides(services, () => decideScope(services, ROLLOUT, 'pause', EASTUS, ANN));
    await expect(decideScope(bob, ROLLOUT, 'resume', EASTUS, BOB)).rejects.toMatchObject(
      overtaken(/stands: not now$/),
    );
  });

  it('names five of many, and counts the others', async () => {
    const services = await halted('one');
    const bob = whileItDecides(services, async () => {
      for (let n = 1; n <= 9; n += 1) await services.rollouts.addHalt(ROLLOUT, aHalt(`new-${n}`));
    });
    await expect(decideRollout(bob, ROLLOUT, 'resume', BOB)).rejects.toMatchObject(
      overtaken(/^new-1 stands: .* new-5 stands: new-5 has its reason\. And 4 more\.$/),
    );
  });
});

describe('a decision that nothing has overtaken', () => {
  it.each(['resume', 'skip'] as const)('is done when another person says %s, too', async (kind) => {
    const services = await halted('one');
    const bob = whileItDecides(services, () => decideRollout(services, ROLLOUT, kind, ANN));
    await expect(decideRollout(bob, ROLLOUT, kind, BOB)).resolves.toBeUndefined();
  });

  it('a skip leaves what a person paused, as it always does', async () => {
    const services = await halted('one');
    await decideScope(services, ROLLOUT, 'pause', { phase: phaseIdOf(2) }, ANN);
    await expect(decideRollout(services, ROLLOUT, 'skip', BOB)).resolves.toBeUndefined();
  });

  it('a resume of a part says nothing of the halts of another', async () => {
    const services = await halted('one');
    const westus = Object.assign({}, aHalt('two'), { region: 'westus' });
    const bob = whileItDecides(services, () => services.rollouts.addHalt(ROLLOUT, westus));
    await expect(decideScope(bob, ROLLOUT, 'resume', EASTUS, BOB)).resolves.toBeUndefined();
  });
});

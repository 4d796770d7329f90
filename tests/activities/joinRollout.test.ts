import { joinRollout } from '../../activities/rollout/joinRollout';
import { vmsOf } from '../support/builders';
import { aPhase, outcomesIn, ROLLOUT, someServices } from '../support/fakeServices';

describe('R-112: VMs that came after the plan was made', () => {
  it('take part, each once, and are looked up several at a time: a listing may bring thousands', async () => {
    const vms = vmsOf(40);
    const services = await someServices({ vms, control: { vmCount: 10 } });
    await services.rollouts.savePhase(ROLLOUT, aPhase());
    const read = services.outcomes.read.bind(services.outcomes);
    let [underWay, most] = [0, 0];
    Object.assign(services, {
      outcomes: {
        ...services.outcomes,
        read: async (...asked: Parameters<typeof read>) => {
          most = Math.max(most, (underWay += 1));
          const found = await read(...asked);
          underWay -= 1;
          return found;
        },
      },
    });
    for (let calls = 0; calls < 2; calls += 1) await joinRollout(services, vms);
    expect(most).toBeGreaterThan(1);
    expect((await outcomesIn(services)).map(({ reason }) => reason)).toEqual(
      Array<string>(40).fill('joinedLate'),
    );
    expect((await services.rollouts.read(ROLLOUT))?.vmCount).toBe(50);
  });

  it('are counted once, also when the host dies before the rollout knows of them, or two hosts list them at the same time', async () => {
    const vms = vmsOf(3);
    const services = await someServices({ vms, control: { vmCount: 10 } });
    await services.rollouts.savePhase(ROLLOUT, aPhase());
    const dying = { ...services.rollouts, update: () => Promise.reject(new Error('the host dies')) };
    await expect(joinRollout({ ...services, rollouts: dying }, vms)).rejects.toThrow('the host dies');
    await Promise.all([joinRollout(services, vms), joinRollout(services, vms)]);
    expect((await services.rollouts.read(ROLLOUT))?.vmCount).toBe(13);
    const more = vmsOf(2, (n) => ({ name: `later-${n}` }));
    await Promise.all([joinRollout(services, more), joinRollout(services, more)]);
    expect((await services.rollouts.read(ROLLOUT))?.vmCount).toBe(15);
  });
});

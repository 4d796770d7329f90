import type { Halt } from '../../domain/control';
import { phaseIdOf } from '../../domain/phaseId';
import { memoryStore } from '../../store/memoryTable';
import { rolloutStore } from '../../store/rollouts';
import { aControl, ROLLOUT, WINDOW_OPENS } from '../support/fakeServices';

const halt: Halt = {
  haltId: 'one',
  kind: 'halt',
  phase: phaseIdOf(2),
  region: null,
  why: 'sick',
  atUtc: WINDOW_OPENS,
  decision: null,
};

async function aRollout(over: Parameters<typeof aControl>[0]) {
  const store = memoryStore();
  const list = jest.spyOn(store.table('rollouts'), 'list');
  const rollouts = rolloutStore(store);
  await rollouts.create(aControl(over));
  const now = async () => {
    const control = await rollouts.read(ROLLOUT);
    if (control === null) throw new Error('It was created.');
    return rollouts.haltsOf(control);
  };
  return { rollouts, store, list, now };
}

describe('the halts of a rollout', () => {
  it('cost no request before there is one; from the first one on they are read', async () => {
    const { rollouts, list, now } = await aRollout({ hasHalts: false });
    expect(await now()).toEqual([]);
    expect(list).not.toHaveBeenCalled();
    await rollouts.addHalt(ROLLOUT, halt);
    expect(await now()).toEqual([halt]);
  });

  it('are looked for before they are there, so that a crash in between hides none', async () => {
    const { rollouts, store, list, now } = await aRollout({ hasHalts: false });
    jest.spyOn(store.table('rollouts'), 'insert').mockRejectedValueOnce(new Error('crash'));
    await expect(rollouts.addHalt(ROLLOUT, halt)).rejects.toThrow('crash');
    await now();
    expect(list).toHaveBeenCalled();
    await rollouts.addHalt(ROLLOUT, halt);
    expect(await now()).toEqual([halt]);
  });

  it('are always read where the row is of a version that did not write down whether there are some', async () => {
    const { rollouts, now } = await aRollout({});
    await rollouts.addHalt(ROLLOUT, halt);
    expect(await now()).toEqual([halt]);
  });
});

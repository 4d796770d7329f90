import type { Halt } from '../../domain/control';
import { RolloutId } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';
import { decideRollout, type DecisionKind } from '../../operatorApi/decideRollout';
import {
  someServices,
  IN_THE_WINDOW,
  WINDOW_OPENS,
  ROLLOUT,
  type FakeServices,
} from '../support/fakeServices';

const ANN = { by: 'ann', reason: 'looked into it' };

const decide = (services: FakeServices, kind: DecisionKind): Promise<void> =>
  decideRollout(services, ROLLOUT, kind, ANN);
const modeOf = async (services: FakeServices): Promise<string | undefined> =>
  (await services.rollouts.read(ROLLOUT))?.mode;

function aHalt(haltId: string, over: Partial<Halt> = {}): Halt {
  return {
    haltId,
    kind: 'halt',
    phase: phaseIdOf(2),
    region: 'eastus',
    why: 'sick',
    atUtc: WINDOW_OPENS,
    decision: null,
    ...over,
  };
}

async function halted(...halts: Halt[]): Promise<FakeServices> {
  const services = await someServices();
  for (const halt of halts) await services.rollouts.addHalt(ROLLOUT, halt);
  return services;
}

describe('what a person decides', () => {
  it('INV-9: pausing is written on the row, where everything that starts something looks', async () => {
    const services = await someServices();
    await decide(services, 'pause');
    expect(await modeOf(services)).toBe('paused');
    await decide(services, 'resume');
    expect(await modeOf(services)).toBe('running');
  });

  it('answers the halts that are open, each by itself, and no halt that comes later', async () => {
    const services = await halted(aHalt('one'), aHalt('two', { kind: 'hold' }));
    await decide(services, 'resume');
    await services.rollouts.addHalt(ROLLOUT, aHalt('three'));
    expect(
      (await services.rollouts.halts(ROLLOUT)).map(({ haltId, decision }) => [haltId, decision?.kind]),
    ).toEqual([
      ['one', 'resume'],
      ['three', undefined],
      ['two', 'resume'],
    ]);
  });

  it('twice, by a double click, answers once: the second finds nothing to decide', async () => {
    const services = await halted(aHalt('one'));
    await decide(services, 'resume');
    await expect(decide(services, 'resume')).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
  });

  it('by two people at once is what the first of them said', async () => {
    const services = await halted(aHalt('one'));
    const halts = await services.rollouts.halts(ROLLOUT);
    const bob = { ...services, rollouts: { ...services.rollouts, halts: () => Promise.resolve(halts) } };
    await decide(services, 'skip');
    const late = decideRollout(bob, ROLLOUT, 'resume', { by: 'bob', reason: 'too late' });
    await expect(late).rejects.toMatchObject({ code: 'DECISION_OVERTAKEN' });
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision).toMatchObject({ kind: 'skip', by: 'ann' });
  });

  it('is in the audit: who, what, why, and which halts', async () => {
    const services = await halted(aHalt('one'));
    await decide(services, 'skip');
    expect(await services.audit.list(ROLLOUT)).toEqual([
      expect.objectContaining({
        who: 'ann',
        what: 'skipped',
        why: 'looked into it',
        atUtc: IN_THE_WINDOW,
        evidence: { halts: ['one'] },
      }),
    ]);
  });

  it('cancels also what is paused or halted, and answers its halts with that', async () => {
    const services = await halted(aHalt('one'));
    await decide(services, 'pause');
    await decide(services, 'cancel');
    expect(await modeOf(services)).toBe('cancelled');
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision?.kind).toBe('cancel');
  });

  it('pausing leaves open halts open', async () => {
    const services = await halted(aHalt('one'));
    await decide(services, 'pause');
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision).toBeNull();
  });
});

describe('whatever a person decides', () => {
  const waits = async (services: FakeServices): Promise<void> => {
    for (const [topic, instanceId] of [
      ['control', 'go'],
      ['gate~phase-2', 'gate'],
      ['completion', 'completion'],
    ] as const)
      await services.waits.register(ROLLOUT, { topic, instanceId, untilUtc: '2026-12-08T18:00:00.000Z' });
  };

  it.each(['pause', 'resume', 'skip', 'cancel'] as const)('wakes everything that waits: %s', async (kind) => {
    const services = await halted(aHalt('one'));
    await waits(services);
    await decide(services, kind);
    expect([...services.woken].sort()).toEqual(['completion', 'gate', 'go']);
  });

  it('is written down before anything is woken', async () => {
    const services = await halted(aHalt('one'));
    await waits(services);
    const seen: unknown[] = [];
    const wake = async (): Promise<void> => {
      seen.push((await services.rollouts.halts(ROLLOUT))[0]?.decision?.kind);
    };
    await decideRollout({ ...services, wake }, ROLLOUT, 'resume', ANN);
    expect(seen).toEqual(['resume', 'resume', 'resume']);
  });
});

/** Services whose caller has seen the halts when another person does something. */
function whileItLooks(services: FakeServices, other: () => Promise<unknown>): FakeServices {
  const halts = async (id: RolloutId): ReturnType<FakeServices['rollouts']['halts']> => {
    const open = await services.rollouts.halts(id);
    await other();
    return open;
  };
  return Object.assign({}, services, { rollouts: { ...services.rollouts, halts } });
}

describe('what a person cannot decide', () => {
  it.each(['pause', 'resume'] as const)(
    'INV-9: %s what another person cancels meanwhile: it stays cancelled, and the late one fails',
    async (kind) => {
      const services = await halted(aHalt('one'));
      const bob = whileItLooks(services, () => decide(services, 'cancel'));
      const late = decideRollout(bob, ROLLOUT, kind, { by: 'bob', reason: 'too late' });
      await expect(late).rejects.toMatchObject({ code: 'ROLLOUT_ENDED' });
      expect(await modeOf(services)).toBe('cancelled');
    },
  );

  it('INV-9: to resume what halted lifts no pause that another person gives meanwhile', async () => {
    const services = await halted(aHalt('one'));
    const bob = whileItLooks(services, () => decide(services, 'pause'));
    const late = decideRollout(bob, ROLLOUT, 'resume', { by: 'bob', reason: 'looked at the halt' });
    await expect(late).rejects.toMatchObject({ code: 'DECISION_OVERTAKEN' });
    expect(await modeOf(services)).toBe('paused');
    expect((await services.rollouts.halts(ROLLOUT))[0]?.decision).toMatchObject({
      kind: 'resume',
      by: 'bob',
    });
  });

  it('INV-9: a resume does not lift the pause that another gives meanwhile to what is paused already', async () => {
    const services = await halted(aHalt('one'));
    await decide(services, 'pause');
    services.wait(60);
    const bob = whileItLooks(services, () => {
      services.wait(60);
      return decide(services, 'pause');
    });
    const late = decideRollout(bob, ROLLOUT, 'resume', { by: 'bob', reason: 'go on' });
    await expect(late).rejects.toMatchObject({ code: 'DECISION_OVERTAKEN' });
    expect(await modeOf(services)).toBe('paused');
  });

  it.each(['resume', 'skip'] as const)('%s what neither waits nor stands', async (kind) => {
    await expect(decide(await someServices(), kind)).rejects.toMatchObject({ code: 'NOTHING_TO_DECIDE' });
  });

  it.each(['pause', 'resume', 'skip', 'cancel'] as const)('%s what is over', async (kind) => {
    const ended = await someServices({ control: { mode: 'ended', endedUtc: WINDOW_OPENS } });
    await expect(decide(ended, kind)).rejects.toMatchObject({ code: 'ROLLOUT_ENDED' });
    const cancelled = await someServices({ control: { mode: 'cancelled' } });
    await expect(decide(cancelled, kind)).rejects.toMatchObject({ code: 'ROLLOUT_ENDED' });
  });

  it('anything about a rollout that never was', async () => {
    const services = await someServices({ control: null });
    const missing = decideRollout(services, RolloutId.parse('rollout-2027-01'), 'pause', ANN);
    await expect(missing).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

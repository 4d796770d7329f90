import { forgivenBy } from '../../operatorApi/forgiven';
import { decideRollout } from '../../operatorApi/decideRollout';
import { decideScope } from '../../operatorApi/decideScope';
import { describeRollout } from '../../operatorApi/describeRollout';
import { ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';
import type { Services } from '../../activities/services';
import type { Halt } from '../../domain/control';
import { rolloutIdOf, Month } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';

const id = rolloutIdOf(Month.parse('2026-11'));

const halt = (haltId: string, region: string | null, decided = false): Halt => ({
  haltId,
  kind: 'hold',
  phase: phaseIdOf(1),
  region,
  why: `${haltId} has its reason.`,
  atUtc: '2026-11-11T00:00:00.000Z',
  decision: decided ? { kind: 'resume', by: 'ana', reason: 'r', atUtc: '2026-11-11T01:00:00.000Z' } : null,
});

const services = (halts: readonly Halt[]): Services =>
  ({ rollouts: { halts: () => Promise.resolve(halts) } }) as unknown as Services;

const HALTS = [halt('a', 'eastus'), halt('b', 'japaneast'), halt('c', 'eastus', true)];

describe('what resume forgives', () => {
  const ids = async (scope?: { region: string }): Promise<readonly string[]> =>
    (await forgivenBy(services(HALTS), id, scope)).map(({ haltId }) => haltId);

  it('is every halt that is open, or those of the part that is named', async () => {
    expect(await ids()).toEqual(['a', 'b']);
    expect(await ids({ region: 'eastus' })).toEqual(['a']);
  });
});

describe('what a person saw', () => {
  const ANN = { by: 'ann', reason: 'looked into it' };
  const halted = async (...ids: string[]): Promise<FakeServices> => {
    const fake = await someServices();
    for (const one of ids)
      await fake.rollouts.addHalt(ROLLOUT, halt(one, one === 'b' ? 'japaneast' : 'eastus'));
    return fake;
  };
  const isOpen = async (fake: FakeServices): Promise<readonly string[]> =>
    (await fake.rollouts.halts(ROLLOUT)).flatMap(({ haltId, decision }) =>
      decision === null ? [haltId] : [],
    );

  it.each(['resume', 'skip'] as const)(
    'is all that %s answers: a halt that came since is named, and nothing is answered',
    async (kind) => {
      const fake = await halted('a', 'b');
      await expect(decideRollout(fake, ROLLOUT, kind, ANN, { forgives: ['a'] })).rejects.toThrow(
        /forgive more than was listed: b\. b has its reason\./,
      );
      expect(await isOpen(fake)).toEqual(['a', 'b']);
      await decideRollout(fake, ROLLOUT, kind, ANN, { forgives: ['a', 'b', 'of before'] });
      expect(await isOpen(fake)).toEqual([]);
    },
  );

  it.each(['resume', 'skip'] as const)('is asked of the part alone that %s is about', async (kind) => {
    const fake = await halted('a', 'b');
    const decide = (forgives: readonly string[]): Promise<void> =>
      decideScope(fake, ROLLOUT, kind, { region: 'eastus' }, ANN, { forgives });
    await expect(decide([])).rejects.toThrow(/more than was listed: a\./);
    await decide(['a']);
    expect(await isOpen(fake)).toEqual(['b']);
  });

  it('INV-9: is all that resume lifts: a pause that came since stands, and so does the halt', async () => {
    const fake = await halted('a');
    await decideRollout(fake, ROLLOUT, 'pause', ANN);
    const resume = (pausedSinceUtc: string | null): Promise<void> =>
      decideRollout(fake, ROLLOUT, 'resume', ANN, { forgives: ['a'], pausedSinceUtc });
    for (const seen of [null, '2026-11-10T00:00:00.000Z'])
      await expect(resume(seen)).rejects.toMatchObject({
        code: 'REQUEST_INVALID',
        message: expect.stringMatching(/a pause of rollout-2026-11 that was not looked at/) as string,
      });
    expect([await isOpen(fake), (await fake.rollouts.read(ROLLOUT))?.mode]).toEqual([['a'], 'paused']);
    await resume((await describeRollout(fake, ROLLOUT))['pausedSinceUtc'] as string);
    expect([await isOpen(fake), (await fake.rollouts.read(ROLLOUT))?.mode]).toEqual([[], 'running']);
    expect((await describeRollout(fake, ROLLOUT))['pausedSinceUtc']).toBeNull();
  });

  it('is not asked of a request that does not say it', async () => {
    const fake = await halted('a');
    await decideRollout(fake, ROLLOUT, 'pause', ANN);
    await decideRollout(fake, ROLLOUT, 'resume', ANN);
    expect([await isOpen(fake), (await fake.rollouts.read(ROLLOUT))?.mode]).toEqual([[], 'running']);
  });
});

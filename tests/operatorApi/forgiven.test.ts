import { forgivenBy, refuseUnseen } from '../../operatorApi/forgiven';
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

  it('is no more than was looked at: a halt that came since is named, and nothing is forgiven', async () => {
    await expect(refuseUnseen(services(HALTS), id, undefined, ['a', 'b'])).resolves.toBeUndefined();
    await expect(refuseUnseen(services(HALTS), id, undefined, ['a'])).rejects.toThrow(
      /forgive more than was listed: b\. b has its reason\./,
    );
    await expect(refuseUnseen(services(HALTS), id, { region: 'eastus' }, ['a'])).resolves.toBeUndefined();
  });
});

import { RolloutId } from '../../domain/ids';
import { phaseIdOf } from '../../domain/phaseId';
import { memoryStore } from '../../store/memoryTable';
import { secondChanceStore, type SecondChance } from '../../store/secondChances';
import { aVm } from '../support/builders';

const VM = aVm();

const chanceOf = (atUtc: string): SecondChance => ({
  rolloutId: RolloutId.parse('rollout-2026-11'),
  vmId: VM.id,
  region: 'eastus',
  atUtc,
  reason: 'poweredOff',
  phase: phaseIdOf(1),
  misses: 0,
});

describe('second chances', () => {
  it('of two outcomes of a VM stand side by side, though both are put off to the same instant', async () => {
    const chances = secondChanceStore(memoryStore());
    const dueUtc = '2026-11-14T03:00:00.000Z';
    const [earlier, later] = ['2026-11-13T04:00:00.000Z', '2026-11-13T05:00:00.000Z'] as const;
    await chances.add([{ chance: chanceOf(later), dueUtc }]);
    await chances.add([{ chance: chanceOf(earlier), dueUtc: '2026-11-13T11:00:00.000Z' }]);
    const [from] = await chances.next(1);
    if (from === undefined) throw new Error('No chance is due.');
    await chances.move([{ from, misses: 1, dueUtc }]);
    expect((await chances.next(3)).map(({ atUtc }) => atUtc)).toEqual([earlier, later]);
  });
});

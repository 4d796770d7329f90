import { atRiskSentences } from '../../operatorApi/timers/reportAtRisk';
import { vmsOf } from '../support/builders';
import { idOf, steeredMonth, type SteeredMonth } from './steeredMonth';

describe('VMs that become at risk of missing their 30 days', () => {
  let month: SteeredMonth;
  const notices = async (): Promise<readonly { why: string; vmId: string | null }[]> =>
    (
      (await month.get('/api/rollouts/rollout-2026-11/audit'))['value'] as {
        what: string;
        why: string;
        vmId: string | null;
      }[]
    ).filter(({ what }) => what === 'atRisk');
  beforeAll(async () => {
    const off = { 'lowtide-power': 'parked' };
    month = await steeredMonth(
      [
        { name: 'on', region: 'eastus' },
        { name: 'off', region: 'eastus', tags: off },
      ],
      {},
    );
    await month.days(8);
  });
  afterAll(() => month.api.close());

  it('are written down once when they become so, for the audit and for notices, and not again each day', async () => {
    const found = await notices();
    expect(found).toEqual([
      expect.objectContaining({
        vmId: idOf('off'),
        why: expect.stringMatching(
          /^1 VM may miss its 30 days \(poweredOff 1\)\. It is off\. It is tried again .* until 2026-12-08, if it is on then; there is nothing else to do\.$/,
        ) as string,
      }),
    ]);
    await month.days(3);
    expect(await notices()).toHaveLength(1);
  });

  it('are named as more than those that were named before', () => {
    const added = vmsOf(2).map((vm) => ({ vm, outcome: null }));
    const said = (atRiskNow: number): string => atRiskSentences(added, atRiskNow, '2026-12-08').short;
    expect(said(2)).toBe('2 VMs may miss their 30 days (no turn yet 2).');
    expect(said(5)).toBe('2 more may miss their 30 days (no turn yet 2); 5 VMs are at risk now.');
  });
});

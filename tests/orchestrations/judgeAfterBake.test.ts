import type { z } from 'zod';
import type { recordBake } from '../../activities/contracts';
import { judgeAfterBake } from '../../orchestrations/judgeAfterBake';
import { vmsOf } from '../support/builders';
import { ROLLOUT } from '../support/fakeServices';
import { replay, type Run } from '../support/replay';
import { pace } from '../support/rolloutScene';

type Asked = z.output<typeof recordBake.input>;
type Answer = z.input<typeof recordBake.output>;

const START = '2026-11-12T06:00:00.000Z';
const NOTHING: Answer = { next: null, probed: 0, unknown: [], unhealthy: [] };
const VMS = vmsOf(2, (n) => ({ name: `vm-${n}` })).map(({ id }) => id);
const SET = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/availabilitySets/set';

const judge = (answer: (asked: Asked, nowUtc: string) => Answer): Promise<Run> =>
  replay(judgeAfterBake, {
    instanceId: 'rollout-2026-11.1:phase-1:bake',
    nowUtc: START,
    input: { rolloutId: ROLLOUT, phase: 'phase-1', pace },
    activities: { recordBake: (asked, nowUtc) => answer(asked, nowUtc) },
    entities: { disruptionLedger: () => ({ released: true }) },
  });

describe('the look after the bake', () => {
  it('goes through a phase of any size, in generations, and leaves out nothing', async () => {
    const run = await judge(({ from }) => {
      const n = from?.vm ?? 0;
      return { ...NOTHING, probed: 300, next: n === 99 ? null : { row: 'r', vm: n + 1 } };
    });
    expect(run.output).toEqual({ probed: 30_000, unhealthy: 0 });
    expect(run.of('recordBake').map((asked) => (asked as Asked).from?.vm ?? 0)).toEqual([
      ...Array(100).keys(),
    ]);
  });

  it('INV-10: asks again for a VM whose health is unknown, for the time that silence may last, and then takes it for unhealthy', async () => {
    const run = await judge(({ again, isLast }) =>
      isLast
        ? { ...NOTHING, probed: 1, unhealthy: [unhealthy(VMS[0] ?? '')] }
        : { ...NOTHING, probed: again === null ? 5 : 1, unknown: [VMS[0] ?? ''] as never },
    );
    expect(run.output).toMatchObject({ unhealthy: 1 });
    const last = run.calls.findLast(({ name }) => name === 'recordBake');
    expect(last?.input).toMatchObject({ again: [VMS[0]], isLast: true });
    const seconds = (Date.parse(last?.atUtc ?? '') - Date.parse(START)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(pace.unknownTimeoutSeconds);
    expect(seconds).toBeLessThan(pace.unknownTimeoutSeconds + 700);
  });

  it('INV-13: an unhealthy VM of a set holds its set', async () => {
    const run = await judge(() => ({ ...NOTHING, probed: 2, unhealthy: VMS.map(unhealthy) }));
    expect(run.of('disruptionLedger.release')).toEqual(
      VMS.map(
        (vmId) => expect.objectContaining({ impaired: [expect.objectContaining({ vmId })] }) as unknown,
      ),
    );
  });
});

function unhealthy(vmId: string): Answer['unhealthy'][number] {
  return {
    vmId: vmId,
    availabilitySetId: SET,
    region: 'eastus',
    ledger: 'eastus',
    event: {
      kind: 'enablement',
      state: 'ready',
      atUtc: START,
      detail: '',
    },
  };
}

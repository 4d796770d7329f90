import { addSeconds } from '../../domain/instants';
import { enableVm } from '../../orchestrations/enableVm';
import { extensionSweep } from '../../orchestrations/extensionSweep';
import { replay, type Run } from '../support/replay';
import { ENDS, vmId } from '../support/rolloutScene';

const SWEEP = '2026-11-14T03:10:00.000Z';
const NEXT_SWEEP = '2026-11-14T04:10:00.000Z';

describe('the sweep of extensions', () => {
  const ready = { kind: 'enablement', state: 'ready', atUtc: SWEEP, detail: 'done' } as const;
  const sweep = (calls: number, batch: string | null = 'batch 1'): Promise<Run> =>
    replay(extensionSweep, {
      input: { sweepUtc: SWEEP },
      nowUtc: SWEEP,
      activities: {
        collectOutdatedExtensions: () => ({ batch }),
        advanceEnablements: ({ call }, nowUtc) => {
          const dueUtc = call < calls ? addSeconds(nowUtc, 600) : null;
          return { dueUtc, enabled: call, detail: '', events: call === 2 ? [{ vmId, event: ready }] : [] };
        },
      },
      entities: { virtualMachine: () => null },
    });

  it('R-703: updates those that are behind together, and signals to their entities', async () => {
    const run = await sweep(3);
    expect(run.output).toEqual({ updated: 3 });
    expect(run.of('advanceEnablements')).toEqual([1, 2, 3].map((call) => ({ batch: 'batch 1', call })));
    expect(run.of('virtualMachine.apply')).toEqual([ready]);
  });

  it('goes on with the next call when it continues as new', async () => {
    const run = await sweep(150);
    expect(run.generations).toHaveLength(2);
    expect(run.output).toEqual({ updated: 150 });
    expect(run.of('collectOutdatedExtensions')).toHaveLength(1);
    expect(run.of('advanceEnablements')).toHaveLength(150);
  });

  it('ends at once when no window is open', async () => {
    expect((await sweep(1, null)).of('advanceEnablements')).toEqual([]);
  });
});

describe('the enablement of one VM', () => {
  it('R-702: is a batch of its own, also of a VM that was enabled under the same id before', async () => {
    const enable = (nowUtc: string): Promise<Run> =>
      replay(enableVm, {
        instanceId: 'enable-1',
        nowUtc,
        input: { vmId, endsUtc: ENDS },
        activities: {
          advanceEnablements: ({ call }, atUtc) => {
            const dueUtc = call < 70 ? addSeconds(atUtc, 600) : null;
            return { dueUtc, enabled: 1, detail: 'said', events: [] };
          },
        },
      });
    const run = await enable(SWEEP);
    expect(run.output).toEqual({ enabled: true, detail: 'said' });
    const begins = { vmId, endsUtc: ENDS };
    const batch = `${SWEEP}~enable-1`;
    expect(run.of('advanceEnablements').at(-1)).toEqual({ batch, call: 70, begins });
    expect((await enable(NEXT_SWEEP)).of('advanceEnablements')[0]).toEqual({
      batch: `${NEXT_SWEEP}~enable-1`,
      call: 1,
      begins,
    });
  });
});

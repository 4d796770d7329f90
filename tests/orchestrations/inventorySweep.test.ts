import { inventorySweep } from '../../orchestrations/inventorySweep';
import { aSet } from '../support/builders';
import { replay } from '../support/replay';

const SWEEP = '2026-11-14T03:10:00.000Z';

it('claims in flight follow a set that was moved, in the ledger of its region', async () => {
  const set = { from: aSet('web'), to: aSet('web-moved') };
  const listed = { vmCount: 7, added: 0, changed: 0, gone: 0, remaining: 0, notBelieved: [] };
  const run = await replay(inventorySweep, {
    input: { sweepUtc: SWEEP },
    nowUtc: SWEEP,
    activities: { refreshInventory: () => ({ ...listed, movedSets: [{ ...set, ledger: 'eastus' }] }) },
    entities: { disruptionLedger: () => ({ claims: 1 }) },
  });
  expect(run.of('disruptionLedger.followSet')).toEqual([set]);
});

it('hundreds of moved sets are followed page after page, each answered by its rows, and a generation has a bounded history', async () => {
  const pages = Array.from({ length: 8 }, (_, page) =>
    Array.from({ length: 20 }, (_, n) => ({
      from: aSet(`a-${page}-${n}`),
      to: aSet(`b-${page}-${n}`),
      ledger: 'eastus',
      row: `${page}-${n}`,
    })),
  );
  const waiting = [...pages];
  const run = await replay(inventorySweep, {
    input: { sweepUtc: SWEEP, accept: true },
    nowUtc: SWEEP,
    activities: {
      refreshInventory: () => ({
        vmCount: 7,
        added: 0,
        changed: 0,
        gone: 0,
        remaining: 20 * waiting.length,
        notBelieved: [],
        movedSets: waiting.shift() ?? [],
      }),
    },
    entities: { disruptionLedger: () => ({ claims: 1 }) },
  });
  expect(run.of('disruptionLedger.followSet')).toHaveLength(160);
  const asked = run.of('refreshInventory').map((input) => (input as { followed?: unknown }).followed);
  const rows = pages.map((page) => page.map(({ row }) => row));
  expect(asked).toEqual([undefined, ...rows]);
  expect(run.generations).toEqual([{ sweepUtc: SWEEP, accept: true, followed: rows[4] }]);
});

it('a set that the last change has moved is followed, where nothing was to be followed before', async () => {
  const set = { from: aSet('web'), to: aSet('web-moved') };
  const listed = { vmCount: 7, added: 0, changed: 0, gone: 0, notBelieved: [] };
  const answers = [
    { ...listed, remaining: 1, movedSets: [] },
    { ...listed, remaining: 1, movedSets: [{ ...set, ledger: 'eastus', row: '1' }] },
  ];
  const run = await replay(inventorySweep, {
    input: { sweepUtc: SWEEP },
    nowUtc: SWEEP,
    activities: { refreshInventory: () => answers.shift() ?? { ...listed, remaining: 0, movedSets: [] } },
    entities: { disruptionLedger: () => ({ claims: 1 }) },
  });
  expect([run.failure, run.of('disruptionLedger.followSet')]).toEqual([null, [set]]);
  expect(run.of('refreshInventory').at(-1)).toMatchObject({ followed: ['1'] });
});

it('changes that are not written are an error, where no set is to be followed', async () => {
  const stuck = { vmCount: 7, added: 0, changed: 0, gone: 0, remaining: 1, notBelieved: [], movedSets: [] };
  const run = await replay(inventorySweep, {
    input: { sweepUtc: SWEEP },
    nowUtc: SWEEP,
    activities: { refreshInventory: () => stuck },
  });
  expect(run.failure).toBe('1 changes of the inventory were not written.');
  expect(run.of('refreshInventory')).toHaveLength(2);
});

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

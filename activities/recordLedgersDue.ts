import * as contracts from './contracts';
import { activity } from './services';

export const recordLedgersDue = activity(contracts.recordLedgersDue, async (services, { ledgers }) => {
  await services.agenda.rescheduleAll(
    ledgers.map(({ seen, dueUtc }) => ({ seen, name: `ledger~${seen.key}` as const, dueUtc })),
  );
  return {};
});

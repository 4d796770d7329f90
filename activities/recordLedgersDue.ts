import { ledgerItem } from '../store/agenda';
import * as contracts from './contracts';
import { activity } from './services';

export const recordLedgersDue = activity(contracts.recordLedgersDue, async (services, { ledgers }) => {
  await services.agenda.rescheduleAll(
    ledgers.map(({ seen, dueUtc }) => ({ seen, name: ledgerItem(seen.key), dueUtc })),
  );
  return {};
});

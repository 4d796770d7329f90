import * as contracts from './contracts';
import { activity } from './services';

export const settleLedgers = activity(contracts.settleLedgers, async (services, { ledgers }) => {
  await services.agenda.rescheduleAll(
    ledgers.map(({ seen, dueUtc }) => ({ seen, name: `ledger~${seen.key}` as const, dueUtc })),
  );
  return {};
});

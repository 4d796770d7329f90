import * as contracts from './contracts';
import { activity } from './services';

export const settleLedgers = activity(contracts.settleLedgers, async (services, { ledgers }) => {
  for (const { seen, dueUtc } of ledgers) {
    const name = `ledger~${seen.key}` as const;
    await services.agenda.settle({ name, dueUtc: seen.dueUtc, etag: seen.etag }, name, dueUtc);
  }
  return {};
});

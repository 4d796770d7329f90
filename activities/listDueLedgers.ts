import * as contracts from './contracts';
import { activity } from './services';

const PREFIX = 'ledger~';

export const listDueLedgers = activity(contracts.listDueLedgers, async (services, { nowUtc }) => {
  const items = await services.agenda.list();
  return {
    claimGraceSeconds: services.policy.claimGraceSeconds,
    ledgers: items
      .filter(({ name, dueUtc }) => name.startsWith(PREFIX) && dueUtc <= nowUtc)
      .map(({ name, dueUtc, etag }) => ({ key: name.slice(PREFIX.length), dueUtc, etag })),
  };
});

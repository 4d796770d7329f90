import * as contracts from './contracts';
import { activity, type Services } from './services';

const PREFIX = 'ledger~';

export const listDueLedgers = activity(contracts.listDueLedgers, async (services, { nowUtc, seen }) => ({
  claimGraceSeconds: services.policy.claimGraceSeconds,
  ledgers: seen ?? (await dueLedgers(services, nowUtc)),
}));

type Ledgers = { readonly key: string; readonly dueUtc: string; readonly etag: string }[];

async function dueLedgers({ agenda }: Services, nowUtc: string): Promise<Ledgers> {
  return (await agenda.list())
    .filter(({ name, dueUtc }) => name.startsWith(PREFIX) && dueUtc <= nowUtc)
    .map(({ name, dueUtc, etag }) => ({ key: name.slice(PREFIX.length), dueUtc, etag }));
}

import { ledgersDue } from '../store/agenda';
import * as contracts from './contracts';
import { activity } from './services';

export const listDueLedgers = activity(
  contracts.listDueLedgers,
  async ({ agenda, policy }, { nowUtc, seen }) => ({
    claimGraceSeconds: policy.claimGraceSeconds,
    ledgers: seen ?? ledgersDue(await agenda.list(), nowUtc),
  }),
);

import { addSeconds } from '../domain/instants';
import * as contracts from './contracts';
import { activity, type Services } from './services';

export const recordLedger = activity(contracts.recordLedger, async (services, { ledger, closesUtc }) => {
  await expectClaim(services, ledger, closesUtc);
  return {};
});

/** A claim is about to be asked for: should nobody release it, the sweep looks after its ledger once it is suspect. */
export async function expectClaim(
  { agenda, policy }: Services,
  ledger: string,
  closesUtc: string,
): Promise<void> {
  await agenda.soonest(`ledger~${ledger}`, addSeconds(closesUtc, policy.claimGraceSeconds));
}

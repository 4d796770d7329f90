import { budgetLedger } from '../../domain/budgets';
import type { Disruption } from '../../domain/disruption';
import { addSeconds } from '../../domain/instants';
import { pairComponent } from '../../domain/regions';
import { ledgerItem } from '../../store/agenda';
import type { Services } from '../services';

/** A claim is held in this region until then: should it not be released, the sweep looks after its ledger once it is suspect. */
export async function expectClaim(
  { agenda, policy, nowUtc }: Services,
  { region, budgets = [] }: Pick<Disruption, 'region' | 'budgets'>,
  closesUtc: string,
): Promise<void> {
  const dueUtc = addSeconds(closesUtc, policy.claimGraceSeconds);
  for (const ledger of [pairComponent(region), ...budgets.map(({ budget }) => budgetLedger(budget))])
    await agenda.soonest(ledgerItem(ledger), dueUtc, nowUtc());
}

/** VMs hold their set until they are found healthy again: the next sweep probes them. */
export async function expectProbes({ agenda, nowUtc }: Services, region: string): Promise<void> {
  await agenda.soonest(ledgerItem(pairComponent(region)), nowUtc(), nowUtc());
}

import { EntityId, type DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import type { RolloutId } from '../../domain/ids';
import { emptyLedger, LedgerState, type Claim } from '../../domain/ledger';
import { pairComponent } from '../../domain/regions';

/** One claim: VMs that may be down together now, and how far each has come. */
export interface DownNow {
  readonly claimId: string;
  readonly kind: Claim['kind'];
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySetId: string | null;
  readonly updateDomain: number | null;
  readonly count: number;
  /** How many VMs of the availability set may be down at once; null outside of sets. */
  readonly limit: number | null;
  /** The end of its window. */
  readonly expiresUtc: string;
  /** Empty when another rollout, or none, has the claim. */
  readonly vms: readonly { readonly vmId: string; readonly step: string }[];
}

export interface HeldSet {
  readonly vmId: string;
  readonly availabilitySetId: string;
  readonly region: string;
  readonly sinceUtc: string;
}

/** What the disruption ledgers of these regions have granted, and which sets an unhealthy VM holds. */
export async function readDownNow(
  services: Services,
  client: DurableClient,
  id: RolloutId,
  regions: Iterable<string>,
): Promise<{ readonly value: readonly DownNow[]; readonly heldSets: readonly HeldSet[] }> {
  const components = [...new Set([...regions].map(pairComponent))].sort();
  const ledgers = await Promise.all(components.map((component) => readLedger(client, component)));
  const claims = ledgers.flatMap((ledger) => ledger.claims);
  return {
    value: await Promise.all(claims.map((claim) => downNowOf(services, id, claim))),
    heldSets: ledgers.flatMap(({ impairments }) =>
      impairments.map(({ vmId, availabilitySetId, region, sinceUtc }) => ({
        vmId,
        availabilitySetId,
        region,
        sinceUtc,
      })),
    ),
  };
}

async function readLedger(client: DurableClient, component: string): Promise<LedgerState> {
  const entity = await client.readEntityState(new EntityId('disruptionLedger', component));
  return LedgerState.parse(entity.entityState ?? emptyLedger);
}

async function downNowOf(services: Services, id: RolloutId, claim: Claim): Promise<DownNow> {
  const { claimId, kind, disruption, expiresUtc } = claim;
  const found = await services.roundProgress.read(id, claimId);
  return {
    claimId,
    kind,
    region: disruption.region,
    zone: disruption.zone,
    availabilitySetId: disruption.availabilitySetId,
    updateDomain: disruption.updateDomain,
    count: disruption.count,
    limit: disruption.shareMax,
    expiresUtc,
    vms: found?.progress.vms.map(({ vmId, update }) => ({ vmId, step: update.kind })) ?? [],
  };
}

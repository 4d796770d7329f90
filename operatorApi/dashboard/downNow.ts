import { EntityId, type DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import { shortText } from '../../composition/shortText';
import type { RolloutId } from '../../domain/ids';
import type { Claim, LedgerState } from '../../domain/ledger';
import { ledgerOf } from '../../domain/ledgerState';
import type { VmUpdate } from '../../domain/vmUpdate';
import { pairComponent } from '../../domain/regions';
import type { Disruptions } from '../shapes/dashboard';

type DownNow = Disruptions['value'][number];

/** What the disruption ledgers of these regions have granted, and which sets an unhealthy VM holds. */
export async function readDownNow(
  services: Services,
  client: DurableClient,
  id: RolloutId,
  regions: Iterable<string>,
): Promise<Disruptions> {
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
  return ledgerOf(entity.entityState, shortText);
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
    subscriptions: (disruption.subscriptions ?? []).map(({ count, max }) => ({ count, max })),
    expiresUtc,
    vms:
      found?.progress.vms.map(({ vmId, update }) => ({
        vmId,
        step: update.kind,
        sinceUtc: installingSince(update),
      })) ?? [],
  };
}

function installingSince(update: VmUpdate): string | null {
  if (update.kind === 'readInstall') return update.sinceUtc;
  return update.kind === 'probe' ? (update.installation?.startTime ?? null) : null;
}

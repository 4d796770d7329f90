import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { Services } from '../activities/services';
import { startInstance } from '../composition/orchestrationInstances';
import type { LastListing } from '../store/inventory';
import { Reason } from './shapes/shared';
import type { OperatorRoute } from './route';

const ListingAccepted = z.object({
  /** Subscriptions whose listing was doubted, and is believed now, as small as it is. Empty: none was, and nothing is done. */
  accepted: z.array(z.object({ subscriptionId: z.string(), why: z.string() })),
});

/**
 * A person says that a fleet which became so small is right: it is listed once more, and taken over as it is then. What the platform itself calls
 * incomplete is not believed even so.
 */
export async function acceptListing(
  services: Services,
  client: Pick<DurableClient, 'startNew'>,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<LastListing['notBelieved']> {
  const doubted = (await services.inventory.lastListing())?.notBelieved ?? [];
  if (doubted.length === 0) return [];
  const atUtc = services.nowUtc();
  for (const { subscriptionId, why } of doubted)
    await services.audit.append('inventory', `${atUtc}~${subscriptionId}`, {
      atUtc,
      who: by,
      what: 'listingAccepted',
      subject: subscriptionId,
      vmId: null,
      why: reason,
      evidence: { doubt: why },
    });
  const instanceId = `inventory-accepted-${atUtc.replace(/\D/g, '')}`;
  await startInstance(client as DurableClient, 'inventorySweep', {
    instanceId,
    input: { sweepUtc: atUtc, accept: true },
  });
  return doubted;
}

export const acceptListingRoute: OperatorRoute = {
  name: 'acceptListing',
  methods: ['POST'],
  role: 'operator',
  route: 'api/fleet/accept-listing',
  query: {},
  description: {
    summary:
      'Believes a listing that was doubted because it has far fewer VMs: the fleet is listed again and taken over.',
    body: { about: 'Why the fleet is so small.', schema: Reason },
    answers: { 202: { about: 'What is believed now.', schema: ListingAccepted } },
    errors: ['REQUEST_INVALID'],
  },
  handler: async (request, { services, client }) => {
    const { reason } = Reason.parse(await request.json());
    const accepted = await acceptListing(services, client, { by: request.by, reason });
    return { status: 202, jsonBody: { accepted } };
  },
};

import { refreshInventory } from '../activities/refreshInventory';
import { wakeForInventory } from '../activities/wake';
import { simulatedOf } from '../composition/compose';
import { decodeText } from '../drivers/fleet/decodeText';
import { parseFleet } from '../drivers/fleet/parseFleet';
import type { OperatorRoute } from './route';

/** How messages call what was sent. */
const SENT = 'the request body';

/** Loads a fleet file into the pocket Azure; everything in it, or, when a record is malformed, nothing. */
const postFleet: OperatorRoute = {
  name: 'postFleet',
  methods: ['POST'],
  role: 'operator',
  route: 'api/fleet',
  query: [],
  handler: async (request, { services }) => {
    const fleet = parseFleet(decodeText(await request.bytes(), SENT), SENT);
    await simulatedOf(services).driver.loadFleet(fleet);
    await refreshInventory(services);
    await wakeForInventory(services);
    const { vms, availabilitySets, notes } = fleet;
    return {
      status: 200,
      jsonBody: { vmCount: vms.length, availabilitySetCount: availabilitySets.size, notes },
    };
  },
};

export const fleetRoutes: readonly OperatorRoute[] = [postFleet];

import { z } from 'zod';
import { takeListing } from '../activities/takeListing';
import { wakeForInventory } from '../activities/wake';
import { simulatedOf } from '../composition/compose';
import { decodeText } from '../drivers/fleet/decodeText';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { forgetFleetView } from './fleetView';
import { listFleet } from './listFleet';
import type { OperatorRoute } from './route';

/** How messages call what was sent. */
const SENT = 'the request body';

const FleetImported = z.object({
  vmCount: z.number().int(),
  availabilitySetCount: z.number().int(),
  notes: z.array(z.string()),
});

/** Loads a fleet file into the pocket Azure; everything in it, or, when a record is malformed, nothing. */
const postFleet: OperatorRoute = {
  name: 'postFleet',
  methods: ['POST'],
  role: 'operator',
  route: 'api/fleet',
  query: {},
  description: {
    summary:
      'Loads a fleet file into the pocket Azure (the simulated driver only), in the place of the one there was.',
    body: {
      about: 'A fleet file, see docs/fleet-files.md: JSON in one of the shapes that Azure tools write.',
      contentTypes: ['application/json'],
    },
    answers: { 200: { about: 'What was imported.', schema: FleetImported } },
    errors: ['FLEET_MALFORMED', 'DRIVER_CANNOT'],
  },
  handler: async (request, { services }) => {
    const fleet = parseFleet(decodeText(await request.bytes(), SENT), SENT);
    await simulatedOf(services).driver.loadFleet(fleet);
    await takeListing(services, { accept: true });
    await wakeForInventory(services);
    forgetFleetView(services);
    const { vms, availabilitySets, notes } = fleet;
    return {
      status: 200,
      jsonBody: { vmCount: vms.length, availabilitySetCount: availabilitySets.size, notes },
    };
  },
};

export const fleetRoutes: readonly OperatorRoute[] = [listFleet, postFleet];

import { app } from '@azure/functions';
import { refreshInventory } from '../activities/refreshInventory';
import { decodeText } from '../drivers/fleet/decodeText';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { appServices } from '../composition/compose';
import { answer } from './problem';

/** Loads a fleet file into the pocket Azure; everything in it, or, when a record is malformed, nothing. */
app.http('postFleet', {
  route: 'api/fleet',
  methods: ['POST'],
  authLevel: 'function',
  handler: (request) =>
    answer(async () => {
      const services = await appServices();
      const fleet = parseFleet(
        decodeText(new Uint8Array(await request.arrayBuffer()), 'the request body'),
        'the request body',
      );
      await services.driver.loadFleet(fleet);
      await refreshInventory(services);
      const { vms, availabilitySets, notes } = fleet;
      return {
        status: 200,
        jsonBody: { vmCount: vms.length, availabilitySetCount: availabilitySets.size, notes },
      };
    }),
});

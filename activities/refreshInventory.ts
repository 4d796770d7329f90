import { addSeconds } from '../domain/instants';
import * as contracts from './contracts';
import { wakingActivity } from './services';
import { takeListing } from './takeListing';
import { wakeForInventory } from './wake';

/** The sweep comes hourly, and not to the second. */
const EARLY_SECONDS = 600;

export const refreshInventory = wakingActivity(contracts.refreshInventory, async (services, { nowUtc }) => {
  const seen = await services.agenda.read('inventory');
  const { present, added, changed, buried, notBelieved } = await takeListing(services);
  const nextUtc = addSeconds(nowUtc, services.policy.inventoryEverySeconds - EARLY_SECONDS);
  await services.agenda.settle(seen, 'inventory', nextUtc);
  if (added.length > 0) await wakeForInventory(services);
  return {
    vmCount: present.length,
    added: added.length,
    changed: changed.length,
    gone: buried.length,
    notBelieved: notBelieved.slice(0, 20),
  };
});

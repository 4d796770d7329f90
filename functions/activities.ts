import * as df from 'durable-functions';
import { activities } from '../activities/activities';
import { appServices } from '../composition/compose';
import { faultHooks } from '../composition/faultHooks';

/** Under the names that orchestrations in flight call them by: never rename one. */
for (const { name, handler } of activities)
  df.app.activity(name, {
    handler: async (input: unknown) =>
      faultHooks.activity(name, await appServices(), (services) => handler(services)(input)),
  });

import * as df from 'durable-functions';
import { activities } from '../activities/activities';
import { appServices } from '../composition/compose';
import { faultHooks } from '../composition/faultHooks';
import { hostClient } from '../composition/hostClient';
import { withWaking } from '../composition/waking';

/** Each has the client of its host: it says which task hub it is of, and some wake what waits. */
const client = df.input.durableClient();

/** Under the names that orchestrations in flight call them by: never rename one. */
for (const activity of activities)
  df.app.activity(activity.name, {
    extraInputs: [client],
    handler: async (input: unknown, context) =>
      faultHooks.activity(
        activity.name,
        withWaking(await appServices(), hostClient(context), context),
        (services) => activity.handler(services)(input),
      ),
  });

import * as df from 'durable-functions';
import { activities } from '../activities/activities';
import { appServices } from '../composition/compose';
import { faultHooks } from '../composition/faultHooks';
import { clientWhenUsed, withWaking } from '../composition/waking';

const client = df.input.durableClient();

/** Under the names that orchestrations in flight call them by: never rename one. */
for (const activity of activities)
  df.app.activity(activity.name, {
    // Each has the client of its host: it says which task hub it is of, and some wake what waits.
    extraInputs: [client],
    handler: async (input: unknown, context) =>
      faultHooks.activity(
        activity.name,
        withWaking(
          await appServices(),
          clientWhenUsed(context.extraInputs.get(client), () => df.getClient(context)),
          context,
        ),
        (services) => activity.handler(services)(input),
      ),
  });

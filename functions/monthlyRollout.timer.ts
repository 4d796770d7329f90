import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { appServices, policyWasRead, servicesOfSettings } from '../composition/compose';
import { hostClient } from '../composition/hostClient';
import { startReleasedMonth } from '../operatorApi/timers/startReleasedMonth';

/** Daily, a little after the hour at which a release comes out, in winter and in summer. */
const DAILY = '0 5 18 * * *';

app.timer('monthlyRolloutTimer', {
  schedule: process.env['LOWTIDE_ROLLOUT_SCHEDULE'] ?? DAILY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const { rollouts, policy } = await (await servicesOfSettings()).agenda.listWithRollouts();
    await policyWasRead(policy);
    await startReleasedMonth(await appServices(), hostClient(context), context, rollouts);
  },
});

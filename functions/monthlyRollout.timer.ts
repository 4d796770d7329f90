import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { monthOfLatestRelease } from '../domain/release';
import { appServices } from '../composition/compose';
import { requestRollout } from '../operatorApi/startRollout';

/** Daily, a little after the hour at which a release comes out, in winter and in summer. */
const DAILY = '0 5 18 * * *';

/** has the latest release come out without a rollout? Then it starts. A missed tick or a second one changes nothing. */
app.timer('monthlyRolloutTimer', {
  schedule: process.env['LOWTIDE_ROLLOUT_SCHEDULE'] ?? DAILY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const services = await appServices();
    if ((await services.inventory.list()).length === 0 && services.driver.fleet() === null) return;
    const { control, created } = await requestRollout(
      services,
      df.getClient(context),
      monthOfLatestRelease(services.nowUtc()),
      'monthly timer',
    );
    if (created) context.log(`Started ${control.rolloutId}.`);
  },
});

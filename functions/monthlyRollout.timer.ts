import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { monthOfLatestRelease } from '../domain/release';
import { theWorld } from './composition';
import { requestRollout } from './startRollout';

/** Daily, a little after the hour at which a release comes out, in winter and in summer. */
const DAILY = '0 5 18 * * *';

/** has the latest release come out without a rollout? Then it starts. A missed tick or a second one changes nothing. */
app.timer('monthlyRolloutTimer', {
  schedule: process.env['LOWTIDE_ROLLOUT_SCHEDULE'] ?? DAILY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const world = await theWorld();
    if ((await world.inventory.list()).length === 0 && world.driver.fleet() === null) return;
    const { control, created } = await requestRollout(
      world,
      df.getClient(context),
      monthOfLatestRelease(world.nowUtc()),
      'monthly timer',
    );
    if (created) context.log(`Started ${control.rolloutId}.`);
  },
});

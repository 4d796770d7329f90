import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { appServices } from '../composition/compose';
import { startSweep } from '../operatorApi/scheduled';

const HOURLY = '0 10 * * * *';

app.timer('assessmentSweepTimer', {
  schedule: process.env['LOWTIDE_SWEEP_SCHEDULE'] ?? HOURLY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => startSweep(await appServices(), df.getClient(context), context),
});

import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { policyWasRead, servicesOfSettings } from '../composition/compose';
import { hostClient } from '../composition/hostClient';
import { startSweeps } from '../operatorApi/timers/startSweeps';

const HOURLY = '0 10 * * * *';

app.timer('sweepsTimer', {
  schedule: process.env['LOWTIDE_SWEEP_SCHEDULE'] ?? HOURLY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) =>
    startSweeps(await servicesOfSettings(), hostClient(context), context, policyWasRead),
});

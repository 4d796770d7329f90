import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { servicesOfSettings } from '../composition/compose';
import { hostClient } from '../composition/hostClient';
import { purgeFinished } from '../operatorApi/timers/purgeFinished';

/** Daily, when little else happens. */
const DAILY = '0 30 3 * * *';

app.timer('retentionTimer', {
  schedule: process.env['LOWTIDE_RETENTION_SCHEDULE'] ?? DAILY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => purgeFinished(await servicesOfSettings(), hostClient(context), context),
});

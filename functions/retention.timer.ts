import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { appServices } from '../composition/compose';

const NIGHTLY = '0 30 3 * * *';

/** Finished instances are of no use after the next rollout has begun; history and audit stay in tables. */
const KEPT_DAYS = 45;

const { Completed, Failed, Terminated } = df.OrchestrationRuntimeStatus;

app.timer('retentionTimer', {
  schedule: process.env['LOWTIDE_RETENTION_SCHEDULE'] ?? NIGHTLY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const { nowUtc } = await appServices();
    const result = await df.getClient(context).purgeInstanceHistoryBy({
      createdTimeFrom: new Date(0),
      createdTimeTo: new Date(Date.parse(nowUtc()) - KEPT_DAYS * 86_400_000),
      runtimeStatus: [Completed, Failed, Terminated],
    });
    context.log(`Purged ${result.instancesDeleted} finished instances.`);
  },
});

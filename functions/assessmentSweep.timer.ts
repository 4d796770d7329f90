import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { appServices } from '../composition/compose';
import { reviveRollouts } from '../operatorApi/startRollout';

const HOURLY = '0 10 * * * *';

/** Hourly: assessments that are due, second chances, and tidying up after what crashed. One sweep an hour, whoever fires twice. */
app.timer('assessmentSweepTimer', {
  schedule: process.env['LOWTIDE_SWEEP_SCHEDULE'] ?? HOURLY,
  extraInputs: [df.input.durableClient()],
  handler: async (_timer, context) => {
    const services = await appServices();
    const sweepUtc = services.nowUtc();
    const instanceId = `sweep-${sweepUtc.slice(0, 16)}`;
    const client = df.getClient(context);
    for (const id of await reviveRollouts(services, client)) context.warn(`${id} had stopped; it goes on.`);
    try {
      await client.startNew('assessmentSweep', { instanceId, input: { sweepUtc } });
    } catch (error) {
      context.warn(
        `Sweep ${instanceId} was not started: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  },
});

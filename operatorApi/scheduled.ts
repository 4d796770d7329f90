import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import type { Services } from '../activities/services';
import { monthOfLatestRelease } from '../domain/release';
import { messageOf } from '../domain/messageOf';
import { requestRollout, reviveRollouts } from './startRollout';

/** Where the host keeps what a timer has to say. */
export interface TimerLog {
  log(message: string): void;
  warn(message: string): void;
}

/** has the latest release come out without a rollout? Then it starts. A missed tick or a second one changes nothing. */
export async function startReleasedMonth(
  services: Services,
  client: DurableClient,
  log: TimerLog,
): Promise<void> {
  const { items, next } = await services.driver.listVirtualMachines(null);
  if (items.length === 0 && next === null) {
    log.warn(
      'The driver lists no VM, so there is nothing to roll out to. It is asked again at the next tick.',
    );
    return;
  }
  const month = monthOfLatestRelease(services.nowUtc());
  const { control, created } = await requestRollout(services, client, month, 'monthly timer');
  if (created) log.log(`Started ${control.rolloutId}.`);
}

/** Hourly: assessments that are due, second chances, and tidying up after what crashed. One sweep an hour, however often it is asked for. */
export async function startSweep(services: Services, client: DurableClient, log: TimerLog): Promise<void> {
  const sweepUtc = services.nowUtc();
  const instanceId = `sweep-${sweepUtc.slice(0, 16)}`;
  try {
    for (const id of await reviveRollouts(services, client)) log.warn(`${id} had stopped; it goes on.`);
  } catch (error) {
    log.warn(`Whether every open rollout runs is not known: ${messageOf(error)}`);
  }
  try {
    await client.startNew('assessmentSweep', { instanceId, input: { sweepUtc } });
  } catch (error) {
    log.warn(`Sweep ${instanceId} was not started: ${messageOf(error)}`);
  }
}

/** Finished instances are of no use after the next rollout has begun; history and audit stay in tables. */
const KEPT_DAYS = 45;

export async function purgeFinished(
  { nowUtc }: Services,
  client: DurableClient,
  log: TimerLog,
): Promise<void> {
  const { Completed, Failed, Terminated } = OrchestrationRuntimeStatus;
  const result = await client.purgeInstanceHistoryBy({
    createdTimeFrom: new Date(0),
    createdTimeTo: new Date(Date.parse(nowUtc()) - KEPT_DAYS * 86_400_000),
    runtimeStatus: [Completed, Failed, Terminated],
  });
  log.log(`Purged ${result.instancesDeleted} finished instances.`);
}

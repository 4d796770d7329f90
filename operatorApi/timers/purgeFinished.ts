import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import type { Services } from '../../activities/services';
import { DAY_MS } from '../../domain/timeUnits';
import type { AzureDriverStore } from '../../store/azureDriver';
import { readPurge } from './purgedUntil';
import type { TimerLog } from './timerLog';

/** Finished instances are of no use after the next rollout has begun; history and audit stay in tables. */
const KEPT_DAYS = 45;

/** One call to the host purges the instances of one day: a call over years would time out half way, each time. */

/** So many days are purged in one run, the oldest first: after a long pause the next runs take the rest. */
const DAYS_A_RUN = 10;

/** How far purging has come is written down, so that no day is gone through twice. Batches of assessments whose instance died, and those of enablements, go with the instances of their day. */
export async function purgeFinished(
  services: Pick<Services, 'agenda' | 'assessments' | 'enablements' | 'nowUtc'> & {
    readonly azureDriver?: AzureDriverStore | null;
  },
  client: DurableClient,
  log: TimerLog,
): Promise<void> {
  const { agenda, assessments, enablements, nowUtc } = services;
  const untilMs = Math.floor(Date.parse(nowUtc()) / DAY_MS) * DAY_MS - KEPT_DAYS * DAY_MS;
  const seen = await readPurge(services);
  let fromMs = seen === null ? untilMs - DAYS_A_RUN * DAY_MS : Date.parse(seen.dueUtc);
  let purged = 0;
  for (let days = 0; days < DAYS_A_RUN && fromMs < untilMs; days += 1, fromMs += DAY_MS) {
    const { Completed, Failed, Terminated } = OrchestrationRuntimeStatus;
    const result = await client.purgeInstanceHistoryBy({
      createdTimeFrom: new Date(fromMs),
      createdTimeTo: new Date(fromMs + DAY_MS),
      runtimeStatus: [Completed, Failed, Terminated],
    });
    purged += result.instancesDeleted;
  }
  const purgedUntilUtc = new Date(fromMs).toISOString();
  if (purged > 0) {
    await assessments.dropBatches(purgedUntilUtc);
    await enablements.dropBatches(purgedUntilUtc);
  }
  await agenda.reschedule(seen, 'purge', purgedUntilUtc);
  const dropped = await dropOldEvents(services.azureDriver ?? null, nowUtc());
  log.log(`Purged ${purged} finished instances, and ${dropped} events of the driver.`);
}

/** The driver's own log is what an auditor reads: a year, and time to ask for it. */
const LOG_DAYS = 400;
/** Days that are looked at in one run, the oldest first: a run that did not happen, or that had too much, is made up for. */
const LOG_DAYS_A_RUN = 10;
/** A day of 10,000 VMs has a hundred thousand. What is left is taken by the next run. */
const EVENTS_A_RUN = 100_000;

async function dropOldEvents(store: AzureDriverStore | null, nowUtc: string): Promise<number> {
  if (store === null) return 0;
  let dropped = 0;
  for (let age = LOG_DAYS + LOG_DAYS_A_RUN; age > LOG_DAYS && dropped < EVENTS_A_RUN; age -= 1) {
    const day = new Date(Date.parse(nowUtc) - age * DAY_MS).toISOString().slice(0, 10);
    dropped += await store.dropEventsOf(day, EVENTS_A_RUN - dropped);
  }
  return dropped;
}

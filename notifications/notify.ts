import { messageOf } from '../domain/messageOf';
import { noticeOf } from '../domain/notices';
import type { AuditStore } from '../store/audit';
import type { ChainedRow } from '../store/auditChain';
import type { Delivery } from '../store/deliveries';
import { deliverTo, saidOfSetAside, type DeliverServices } from './deliverTo';
import type { NotificationSettings, Receiver } from './receivers';

export interface NotifyServices extends DeliverServices {
  readonly audit: AuditStore;
}

/** Rows of the audit that one call reads of a chain: a chain that is further behind is caught up by the next calls. */
const PAGES_MAX = 4;
/** After this a call reads one page of each chain at most: what it has found has to be sent within the same minute. */
const NEWS_MAX_MS = 15_000;
/** After this a call begins no further attempt, but the first of a receiver: at ten seconds each it ends within its minute. */
const SENDING_MAX_MS = 40_000;
/** A row is news for a day: whoever turns notifications on hears nothing of the months before. */
const NEWS_MS = 86_400_000;

/**
 * Sends the receivers what is new in the audit, and tries again what did not arrive. The audit is the outbox: a row is there before
 * anything is sent, the deliveries are written before the cursor moves on, so that a crash between any two lines repeats a delivery at
 * worst, under the id it had. Receivers are served side by side, so that none waits for another; there are 20 at most.
 * Returns what a person should read in the host's log.
 */
export async function notify(
  services: NotifyServices,
  settings: NotificationSettings,
  source: string,
): Promise<readonly string[]> {
  if (settings.receivers.length === 0) return [];
  const { audit, deliveries, nowUtc } = services;
  const beganMs = Date.parse(nowUtc());
  const said: string[] = [];
  for (const chain of await audit.chains())
    said.push(...(await addNews(services, settings.receivers, chain, beganMs + NEWS_MAX_MS)));
  said.push(...(await deliveries.moveOld()).map(saidOfSetAside));
  const stopMs = beganMs + SENDING_MAX_MS;
  const served = (await deliveries.receivers()).map((name) =>
    deliverTo(name, services, settings, source, stopMs),
  );
  return [...said, ...(await Promise.all(served)).flat()];
}

async function addNews(
  { audit, deliveries, nowUtc }: NotifyServices,
  receivers: readonly Receiver[],
  chain: string,
  stopMs: number,
): Promise<readonly string[]> {
  const oldest = new Date(Date.parse(nowUtc()) - NEWS_MS).toISOString();
  const said: string[] = [];
  let after: number;
  try {
    after = await deliveries.readCursor(chain);
  } catch (error) {
    return [`How far the chain ${chain} was read is not known, and it gives no notices: ${messageOf(error)}`];
  }
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { rows, unreadable, lastSeq, isLast } = await audit.readablePage(chain, after);
    if (lastSeq === null) break;
    await deliveries.add(
      rows.filter(({ atUtc }) => atUtc >= oldest).flatMap((row) => newsOf(row, receivers)),
    );
    after = lastSeq;
    await deliveries.saveCursor(chain, after);
    for (const { seq, error } of unreadable)
      said.push(`The row ${chain}~${seq} of the audit cannot be read, and gives no notice: ${error}`);
    if (isLast || Date.parse(nowUtc()) >= stopMs) break;
  }
  return said;
}

function newsOf(row: ChainedRow, receivers: readonly Receiver[]): readonly Delivery[] {
  const kind = noticeOf(row.what);
  if (kind === null) return [];
  return receivers
    .filter(({ events }) => events.includes(kind))
    .map((receiver) => deliveryOf(row, kind, receiver));
}

function deliveryOf(row: ChainedRow, kind: Delivery['kind'], { name }: Receiver): Delivery {
  const { chain, seq, atUtc, subject, why, who, evidence } = row;
  return {
    noticeId: `${chain}~${seq}`,
    receiver: name,
    kind,
    atUtc,
    subject,
    why,
    who,
    rolloutId: chain.startsWith('rollout-') ? chain : null,
    evidence,
    attempts: 0,
    nextUtc: atUtc,
    lastError: null,
  };
}

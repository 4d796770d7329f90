import { noticeOf } from '../domain/notices';
import type { AuditStore } from '../store/audit';
import type { ChainedRow } from '../store/auditChain';
import type { Delivery, DeliveryStore } from '../store/deliveries';
import { messageTo } from './messageTo';
import { post, type Posted } from './post';
import type { NotificationSettings, Receiver } from './receivers';
import { MINUTE_MS } from '../domain/timeUnits';

export interface NotifyServices {
  readonly audit: AuditStore;
  readonly deliveries: DeliveryStore;
  readonly nowUtc: () => string;
}

/** Rows of the audit that one call reads of a chain: a chain that is further behind is caught up by the next calls. */
const PAGES_MAX = 4;
/** Deliveries that one call tries: at ten seconds each it ends well before the host's time limit. */
const ATTEMPTS_A_CALL_MAX = 10;
/** A row is news for a day: whoever turns notifications on hears nothing of the months before. */
const NEWS_MS = 86_400_000;

/** Waits after the first, second, … failure. After the last the delivery is dead: in all about two days. */
const BACK_OFF_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1440] as const;
const RETRY_AFTER_MAX_MS = 24 * 60 * MINUTE_MS;

/**
 * Sends the receivers what is new in the audit, and tries again what did not arrive. The audit is the outbox: a row is there before
 * anything is sent, the deliveries are written before the cursor moves on, so that a crash between any two lines repeats a delivery at
 * worst, under the id it had. Returns what a person should read in the host's log.
 */
export async function notify(
  services: NotifyServices,
  settings: NotificationSettings,
  source: string,
): Promise<readonly string[]> {
  if (settings.receivers.length === 0) return [];
  for (const chain of await services.audit.chains()) await addNews(services, settings.receivers, chain);
  const due = await services.deliveries.due(services.nowUtc());
  const said: string[] = [];
  for (const delivery of due.slice(0, ATTEMPTS_A_CALL_MAX))
    said.push(...(await attempt(services, settings, delivery, source)));
  return said;
}

async function addNews(
  { audit, deliveries, nowUtc }: NotifyServices,
  receivers: readonly Receiver[],
  chain: string,
): Promise<void> {
  const oldest = new Date(Date.parse(nowUtc()) - NEWS_MS).toISOString();
  let after = await deliveries.readCursor(chain);
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const { value, next } = await audit.page(chain, after === 0 ? '' : String(after));
    for (const row of value) {
      const kind = row.atUtc < oldest ? null : noticeOf(row.what);
      if (kind === null) continue;
      for (const receiver of receivers.filter(({ events }) => events.includes(kind)))
        await deliveries.add(deliveryOf(row, kind, receiver));
    }
    const last = value.at(-1);
    if (last === undefined) return;
    after = last.seq;
    await deliveries.saveCursor(chain, after);
    if (next === null) return;
  }
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

async function attempt(
  { deliveries, nowUtc }: NotifyServices,
  { receivers, privateAddresses }: NotificationSettings,
  delivery: Delivery,
  source: string,
): Promise<readonly string[]> {
  const receiver = receivers.find(({ name }) => name === delivery.receiver);
  const nowMs = Date.parse(nowUtc());
  const posted: Posted =
    receiver === undefined
      ? { kind: 'refused', error: 'There is no receiver of this name any more.', forMs: null }
      : await post(receiver.url, messageTo(receiver, delivery, source), {
          id: delivery.noticeId,
          secret: receiver.secret,
          privateAddresses,
          nowSeconds: Math.floor(nowMs / 1000),
        });
  if (posted.kind === 'accepted') {
    await deliveries.delivered(delivery);
    return [];
  }
  const { error, forMs } = posted;
  const attempts = delivery.attempts + 1;
  const minutes = receiver === undefined ? undefined : BACK_OFF_MINUTES[delivery.attempts];
  if (minutes === undefined) {
    await deliveries.giveUp(delivery, { ...delivery, attempts, lastError: error });
    return [
      `The notice ${delivery.noticeId} (${delivery.kind}) never reached ${delivery.receiver}: ${error} GET /api/notifications lists it.`,
    ];
  }
  const waitMs = Math.max(minutes * MINUTE_MS, Math.min(forMs ?? 0, RETRY_AFTER_MAX_MS));
  const nextUtc = new Date(nowMs + waitMs).toISOString();
  await deliveries.postpone(delivery, { ...delivery, attempts, nextUtc, lastError: error });
  return [
    `The notice ${delivery.noticeId} did not reach ${delivery.receiver}: ${error} It is tried again at ${nextUtc}.`,
  ];
}

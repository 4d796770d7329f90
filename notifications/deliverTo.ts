import { messageOf } from '../domain/messageOf';
import { MINUTE_MS } from '../domain/timeUnits';
import type { Delivery, DeliveryStore, SetAside } from '../store/deliveries';
import { messageTo, type Message } from './messageTo';
import { post } from './post';
import type { NotificationSettings, Receiver } from './receivers';

export interface DeliverServices {
  readonly deliveries: DeliveryStore;
  readonly nowUtc: () => string;
}

/** Waits after the first, second, … failure. After the last the delivery is dead: in all about two days. */
const BACK_OFF_MINUTES = [1, 5, 15, 60, 180, 360, 720, 1440] as const;
const RETRY_AFTER_MAX_MS = 24 * 60 * MINUTE_MS;

/** A run ends after so many refusals, so that a receiver that refuses everything is not asked a hundred times. */
const REFUSALS_MAX = 20;

/** What came of one attempt: `said` for the host's log. After `refused` the receiver may take the next one, after `failed` hardly. */
interface Attempted {
  readonly said: readonly string[];
  readonly came: 'done' | 'refused' | 'failed';
}

/**
 * Sends a receiver what is due for it, one after another. It ends at the first failure: whoever does not answer one notice is not asked to
 * take the next, and each would cost ten seconds. A notice that is refused for what it is keeps no other waiting. Never rejects, so that no
 * receiver ends the run of another.
 */
export async function deliverTo(
  name: string,
  services: DeliverServices,
  settings: NotificationSettings,
  source: string,
  stopMs: number,
): Promise<readonly string[]> {
  const said: string[] = [];
  const receiver = settings.receivers.find((each) => each.name === name);
  try {
    const { deliveries, setAside } = await services.deliveries.due(name, services.nowUtc());
    said.push(...setAside.map(saidOfSetAside));
    let refusals = 0;
    for (const delivery of deliveries) {
      const attempted = await attempt(services, settings, receiver, delivery, source);
      said.push(...attempted.said);
      if (attempted.came === 'refused') refusals += 1;
      if (attempted.came === 'failed' || refusals >= REFUSALS_MAX) break;
      if (Date.parse(services.nowUtc()) >= stopMs) break;
    }
  } catch (error) {
    said.push(`The notices for ${name} are tried again in a minute: ${messageOf(error)}`);
  }
  return said;
}

export const saidOfSetAside = ({ row, error }: SetAside): string =>
  `The waiting notice ${row} cannot be read, and is set aside: ${error}`;

async function attempt(
  services: DeliverServices,
  { privateAddresses }: NotificationSettings,
  receiver: Receiver | undefined,
  delivery: Delivery,
  source: string,
): Promise<Attempted> {
  if (receiver === undefined)
    return giveUp(services, delivery, 'There is no receiver of this name any more.');
  let message: Message;
  try {
    message = messageTo(receiver, delivery, source);
  } catch (error) {
    return giveUp(services, delivery, `Its message cannot be built: ${messageOf(error)}.`);
  }
  const nowMs = Date.parse(services.nowUtc());
  const posted = await post(receiver.url, message, {
    id: delivery.noticeId,
    secret: receiver.secret,
    privateAddresses,
    nowSeconds: Math.floor(nowMs / 1000),
  });
  if (posted.kind === 'accepted') {
    await services.deliveries.delivered(delivery);
    return { said: [], came: 'done' };
  }
  const { error, forMs, isOfMessage } = posted;
  const came = isOfMessage ? 'refused' : 'failed';
  const minutes = BACK_OFF_MINUTES[delivery.attempts];
  if (minutes === undefined) return { said: (await giveUp(services, delivery, error)).said, came };
  const waitMs = Math.max(minutes * MINUTE_MS, Math.min(forMs ?? 0, RETRY_AFTER_MAX_MS));
  const nextUtc = new Date(nowMs + waitMs).toISOString();
  const attempts = delivery.attempts + 1;
  await services.deliveries.postpone(delivery, { ...delivery, attempts, nextUtc, lastError: error });
  const failed = `The notice ${delivery.noticeId} did not reach ${delivery.receiver}: ${error}`;
  return { said: [`${failed} It is tried again at ${nextUtc}.`], came };
}

async function giveUp(
  { deliveries }: DeliverServices,
  delivery: Delivery,
  error: string,
): Promise<Attempted> {
  const { noticeId, kind, receiver, attempts } = delivery;
  await deliveries.giveUp(delivery, { ...delivery, attempts: attempts + 1, lastError: error });
  const said = `The notice ${noticeId} (${kind}) never reached ${receiver}: ${error} GET /api/notifications lists it.`;
  return { said: [said], came: 'done' };
}

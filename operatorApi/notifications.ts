import { z } from 'zod';
import { startedSettings } from '../composition/compose';
import { LowtideError } from '../domain/lowtideError';
import { Delivery, type Undelivered } from '../store/deliveries';
import { LIMIT, limitIn, nextLinkOf } from './queryValues';
import type { OperatorRoute } from './route';
import { AFTER, pageOfShape } from './shapes/shared';

const DeliveryShape = z.discriminatedUnion('state', [
  Delivery.extend({ state: z.enum(['waiting', 'dead']) }),
  /** Another version of Lowtide wrote it: its key in the table, and why it cannot be read. */
  z.object({ state: z.literal('unreadable'), row: z.string(), lastError: z.string() }),
]);

function shown(undelivered: Undelivered): z.input<typeof DeliveryShape> {
  const { state } = undelivered;
  if (state === 'unreadable') return { state, row: undelivered.row, lastError: undelivered.error };
  return { ...undelivered.delivery, state };
}

const PATH = 'api/notifications';
const QUERY = { after: AFTER, limit: LIMIT };

const ReceiverShape = z.object({
  name: z.string(),
  format: z.enum(['cloudEvents', 'slack', 'teams']),
  host: z.string(),
  signed: z.boolean(),
  events: z.array(z.string()),
});

/** Addresses of webhooks are secrets themselves: only their host is shown. */
const listNotifications: OperatorRoute = {
  name: 'listNotifications',
  methods: ['GET'],
  role: 'reader',
  route: PATH,
  query: QUERY,
  description: {
    summary:
      'The receivers of notices, and a page of the notices that did not arrive: dead, waiting for another attempt, or unreadable.',
    answers: {
      200: {
        about: 'Receivers as configured; deliveries that are not done.',
        schema: pageOfShape(DeliveryShape).extend({ receivers: z.array(ReceiverShape) }),
      },
    },
  },
  handler: async (request, { services }) => {
    const receivers = startedSettings().notifications.receivers.map(
      ({ name, format, url, secret, events }) => ({
        name,
        format,
        host: new URL(url).host,
        signed: secret !== null,
        events,
      }),
    );
    const found = await services.deliveries.page(request.query('after') ?? '', limitIn(request));
    const value = found.value.map(shown);
    if (found.next === null) return { jsonBody: { receivers, value } };
    return { jsonBody: { receivers, value, nextLink: nextLinkOf(`/${PATH}`, request, QUERY, found.next) } };
  },
};

const Retry = z.strictObject({ noticeId: z.string(), receiver: z.string() });

const retryNotification: OperatorRoute = {
  name: 'retryNotification',
  methods: ['POST'],
  role: 'operator',
  route: `${PATH}/retry`,
  query: {},
  description: {
    summary: 'Has a dead notice tried again, from now on as if it were new.',
    body: { about: 'Which one.', schema: Retry },
    answers: {
      202: { about: 'It waits for its next attempt.', schema: z.object({ state: z.literal('waiting') }) },
    },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const { noticeId, receiver } = Retry.parse(await request.json());
    const revived = await services.deliveries.revive(noticeId, receiver, services.nowUtc());
    if (revived !== 'waits')
      throw new LowtideError('NOT_FOUND', {
        what: `There is no dead notice '${noticeId}' for '${receiver}' that could be sent.`,
        why:
          revived === 'none'
            ? 'It was delivered, waits already, or never existed.'
            : 'Another version of Lowtide wrote it, and this one cannot read it.',
        fix: `GET /${PATH} lists those that are dead.`,
      });
    return { status: 202, jsonBody: { state: 'waiting' } };
  },
};

export const notificationRoutes: readonly OperatorRoute[] = [listNotifications, retryNotification];

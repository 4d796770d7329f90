import { z } from 'zod';
import { startedSettings } from '../composition/compose';
import { LowtideError } from '../domain/lowtideError';
import { Delivery } from '../store/deliveries';
import type { OperatorRoute } from './route';

const DeliveryShape = Delivery.extend({ state: z.enum(['waiting', 'dead']) });
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
  route: 'api/notifications',
  query: {},
  description: {
    summary:
      'The receivers of notices, and the notices that did not arrive: waiting for another attempt, or dead.',
    answers: {
      200: {
        about: 'Receivers as configured; deliveries that are not done.',
        schema: z.object({ receivers: z.array(ReceiverShape), value: z.array(DeliveryShape) }),
      },
    },
  },
  handler: async (_request, { services }) => {
    const receivers = startedSettings().notifications.receivers.map(
      ({ name, format, url, secret, events }) => ({
        name,
        format,
        host: new URL(url).host,
        signed: secret !== null,
        events,
      }),
    );
    const waiting = (await services.deliveries.waiting()).map((each) => ({ ...each, state: 'waiting' }));
    const dead = (await services.deliveries.dead()).map((each) => ({ ...each, state: 'dead' }));
    return { jsonBody: { receivers, value: [...dead, ...waiting] } };
  },
};

const Retry = z.strictObject({ noticeId: z.string(), receiver: z.string() });

const retryNotification: OperatorRoute = {
  name: 'retryNotification',
  methods: ['POST'],
  role: 'operator',
  route: 'api/notifications/retry',
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
    if (!(await services.deliveries.revive(noticeId, receiver, services.nowUtc())))
      throw new LowtideError('NOT_FOUND', {
        what: `There is no dead notice '${noticeId}' for '${receiver}'.`,
        why: 'It was delivered, waits already, or never existed.',
        fix: 'GET /api/notifications lists those that are dead.',
      });
    return { status: 202, jsonBody: { state: 'waiting' } };
  },
};

export const notificationRoutes: readonly OperatorRoute[] = [listNotifications, retryNotification];

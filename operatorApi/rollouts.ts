import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import * as df from 'durable-functions';
import { z } from 'zod';
import { Month, RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { monthOfLatestRelease } from '../domain/release';
import { appServices } from '../composition/compose';
import { withWaking } from '../composition/waking';
import { decideRollout, notFound } from './decideRollout';
import { answer, jsonBody, whoAsks } from './problem';
import { describeRollout, summarizeRollout } from './describeRollout';
import { requestRollout } from './startRollout';

const StartBody = z.object({ month: Month.optional() }).strict();
const DecisionBody = z.object({ reason: z.string().min(1, 'say why: it goes into the audit') }).strict();

app.http('startRollout', {
  route: 'api/rollouts',
  methods: ['POST'],
  authLevel: 'function',
  extraInputs: [df.input.durableClient()],
  handler: (request, context) =>
    answer(async () => {
      const services = await appServices();
      const { month } = StartBody.parse(await jsonBody(request));
      const wanted = month ?? monthOfLatestRelease(services.nowUtc());
      const { control, created } = await requestRollout(
        services,
        df.getClient(context),
        wanted,
        whoAsks(request),
      );
      if (!created) throw exists(control.rolloutId);
      const { rolloutId } = control;
      return {
        status: 202,
        headers: { location: `/api/rollouts/${rolloutId}` },
        jsonBody: { id: rolloutId },
      };
    }),
});

app.http('listRollouts', {
  route: 'api/rollouts',
  methods: ['GET'],
  authLevel: 'function',
  handler: () =>
    answer(async () => {
      const services = await appServices();
      const rollouts = [...(await services.rollouts.list())].reverse();
      return { jsonBody: { value: rollouts.map((control) => summarizeRollout(control, services.nowUtc())) } };
    }),
});

app.http('showRollout', {
  route: 'api/rollouts/{id}',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request) =>
    answer(async () => ({ jsonBody: await describeRollout(await appServices(), idOf(request)) })),
});

/** A page of 500 VMs with how each of them stands and why, in the order of their keys; `nextLink` leads to the rest. */
app.http('listRolloutVirtualMachines', {
  route: 'api/rollouts/{id}/virtual-machines',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request) =>
    answer(async () => {
      const services = await appServices();
      const id = idOf(request);
      if ((await services.rollouts.read(id)) === null) throw notFound(id);
      const page = await services.outcomes.page(id, request.query.get('after') ?? '');
      return pageOf(`/api/rollouts/${id}/virtual-machines`, page);
    }),
});

/** A page of 500 rows of the rollout's audit (who decided what, why, on what evidence), in the order of their keys, not of time. */
app.http('listRolloutAudit', {
  route: 'api/rollouts/{id}/audit',
  methods: ['GET'],
  authLevel: 'function',
  handler: (request) =>
    answer(async () => {
      const services = await appServices();
      const id = idOf(request);
      if ((await services.rollouts.read(id)) === null) throw notFound(id);
      const page = await services.audit.page(id, request.query.get('after') ?? '');
      return pageOf(`/api/rollouts/${id}/audit`, page);
    }),
});

function pageOf(
  path: string,
  { value, next }: { readonly value: readonly unknown[]; readonly next: string | null },
): HttpResponseInit {
  const nextLink = next === null ? {} : { nextLink: `${path}?after=${encodeURIComponent(next)}` };
  return { jsonBody: { value, ...nextLink } };
}

for (const kind of ['pause', 'resume', 'skip', 'cancel'] as const)
  app.http(`${kind}Rollout`, {
    route: `api/rollouts/{id}/${kind}`,
    methods: ['POST'],
    authLevel: 'function',
    extraInputs: [df.input.durableClient()],
    handler: (request, context): Promise<HttpResponseInit> =>
      answer(async () => {
        const services = withWaking(await appServices(), df.getClient(context), context);
        const id = idOf(request);
        const { reason } = DecisionBody.parse(await jsonBody(request));
        await decideRollout(services, id, kind, { by: whoAsks(request), reason });
        return { jsonBody: await describeRollout(services, id) };
      }),
  });

function idOf(request: HttpRequest): RolloutId {
  const parsed = RolloutId.safeParse(request.params['id']);
  if (parsed.success) return parsed.data;
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout '${request.params['id'] ?? ''}'.`,
    why: 'A rollout is called rollout-YYYY-MM, after the month of its release.',
    fix: 'GET /api/rollouts lists them.',
  });
}

function exists(rolloutId: RolloutId): LowtideError {
  return new LowtideError('ROLLOUT_EXISTS', {
    what: `${rolloutId} exists already.`,
    why: 'There is one rollout a month; starting it twice would patch nobody twice, but mean nothing.',
    fix: `See GET /api/rollouts/${rolloutId}.`,
  });
}

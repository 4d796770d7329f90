import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import { Month, type RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { monthOfLatestRelease } from '../domain/release';
import { decideRollout, notFound, type DecisionKind } from './decideRollout';
import { describeRollout, summarizeRollout } from './describeRollout';
import { rolloutIdIn } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { requestRollout } from './startRollout';

const ALL = 'api/rollouts';
const ONE = `${ALL}/{id}`;

const StartBody = z.object({ month: Month.optional() }).strict();
const DecisionBody = z.object({ reason: z.string().min(1, 'say why: it goes into the audit') }).strict();

const startRollout: OperatorRoute = {
  name: 'startRollout',
  methods: ['POST'],
  route: ALL,
  query: [],
  handler: async (request, { services, client }) => {
    const { month } = StartBody.parse(await request.json());
    const wanted = month ?? monthOfLatestRelease(services.nowUtc());
    const { control, created } = await requestRollout(services, client, wanted, request.by);
    if (!created) throw exists(control.rolloutId);
    const { rolloutId } = control;
    return {
      status: 202,
      headers: { location: `/api/rollouts/${rolloutId}` },
      jsonBody: { id: rolloutId },
    };
  },
};

const listRollouts: OperatorRoute = {
  name: 'listRollouts',
  methods: ['GET'],
  route: ALL,
  query: [],
  handler: async (_request, { services }) => {
    const rollouts = [...(await services.rollouts.list())].reverse();
    return { jsonBody: { value: rollouts.map((control) => summarizeRollout(control, services.nowUtc())) } };
  },
};

const showRollout: OperatorRoute = {
  name: 'showRollout',
  methods: ['GET'],
  route: ONE,
  query: [],
  handler: async (request, { services }) => ({
    jsonBody: await describeRollout(services, rolloutIdIn(request)),
  }),
};

/** A page of 500 VMs with how each of them stands and why, in the order of their keys; `nextLink` leads to the rest. */
const listVirtualMachines: OperatorRoute = {
  name: 'listRolloutVirtualMachines',
  methods: ['GET'],
  route: `${ONE}/virtual-machines`,
  query: ['after'],
  handler: async (request, { services }) => {
    const id = rolloutIdIn(request);
    if ((await services.rollouts.read(id)) === null) throw notFound(id);
    const page = await services.outcomes.page(id, request.query('after') ?? '');
    return pageOf(`/api/rollouts/${id}/virtual-machines`, page);
  },
};

/** A page of 500 rows of the rollout's audit (who decided what, why, on what evidence), in the order of their keys, not of time. */
const listAudit: OperatorRoute = {
  name: 'listRolloutAudit',
  methods: ['GET'],
  route: `${ONE}/audit`,
  query: ['after'],
  handler: async (request, { services }) => {
    const id = rolloutIdIn(request);
    if ((await services.rollouts.read(id)) === null) throw notFound(id);
    const page = await services.audit.page(id, request.query('after') ?? '');
    return pageOf(`/api/rollouts/${id}/audit`, page);
  },
};

function pageOf(
  path: string,
  { value, next }: { readonly value: readonly unknown[]; readonly next: string | null },
): HttpResponseInit {
  if (next === null) return { jsonBody: { value } };
  return { jsonBody: { value, nextLink: `${path}?after=${encodeURIComponent(next)}` } };
}

function decision(kind: DecisionKind): OperatorRoute {
  return {
    name: `${kind}Rollout`,
    methods: ['POST'],
    route: `${ONE}/${kind}`,
    query: [],
    handler: async (request, { services }) => {
      const id = rolloutIdIn(request);
      const { reason } = DecisionBody.parse(await request.json());
      await decideRollout(services, id, kind, { by: request.by, reason });
      return { jsonBody: await describeRollout(services, id) };
    },
  };
}

export const rolloutRoutes: readonly OperatorRoute[] = [
  startRollout,
  listRollouts,
  showRollout,
  listVirtualMachines,
  listAudit,
  decision('pause'),
  decision('resume'),
  decision('skip'),
  decision('cancel'),
];

function exists(rolloutId: RolloutId): LowtideError {
  return new LowtideError('ROLLOUT_EXISTS', {
    what: `${rolloutId} exists already.`,
    why: 'There is one rollout a month; starting it twice would patch no VM twice, but mean nothing.',
    fix: `See GET /api/rollouts/${rolloutId}.`,
  });
}

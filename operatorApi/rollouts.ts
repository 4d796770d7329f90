import { z } from 'zod';
import { sideBySide } from '../activities/sideBySide';
import type { Services } from '../activities/services';
import { ControlScope } from '../domain/controlScope';
import { Month, RolloutId, Utc } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { monthOfLatestRelease } from '../domain/release';
import { decideRollout, type DecisionKind } from './decideRollout';
import { notFound } from './openRollout';
import { decideScope } from './decideScope';
import { answerEmergency, EmergencyBody, EmergencyPreviewShape } from './emergency';
import { describeRollout, summarizeRollout } from './describeRollout';
import { forgetFleetView } from './fleetView';
import { LIMIT, limitIn, nextLinkOf, PAGE_MAX, SEQ, wrongQuery } from './queryValues';
import { rolloutIdIn } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { ChainedRow, KeptOutcome, RolloutShape, RolloutSummaryShape } from './shapes/rollout';
import { AFTER, pageOfShape, Reason } from './shapes/shared';
import { requestRollout } from './startRollout';
import { takeOver } from './takeOver';

const ALL = 'api/rollouts';
const ONE = `${ALL}/{id}`;

const StartBody = z.strictObject({ kind: z.literal('monthly').exactOptional(), month: Month.optional() });

const DecisionBody = Reason.extend({
  scope: ControlScope.exactOptional(),
  /** Of resume and skip: the halts that were looked at. Refused when there is another by now. */
  forgives: z.array(z.string()).exactOptional(),
  /** Of resume: since when it was paused, or null, when it was looked at. Refused when it was paused since. */
  pausedSinceUtc: Utc.nullable().exactOptional(),
});

const startRollout: OperatorRoute = {
  name: 'startRollout',
  methods: ['POST'],
  role: 'operator',
  route: ALL,
  query: {},
  description: {
    summary:
      'Starts the rollout of a month, of the latest release when none is named; or an emergency rollout, whose dates a dry run shows first.',
    body: {
      about: 'The month of the release; or what an emergency is for.',
      schema: z.union([EmergencyBody, StartBody]),
    },
    answers: {
      200: {
        about: 'What the emergency would be: a dry run, nothing was changed.',
        schema: EmergencyPreviewShape,
      },
      202: { about: 'It starts; `location` has its address.', schema: z.object({ id: RolloutId }) },
    },
    errors: ['ROLLOUT_EXISTS', 'NOT_OWNER'],
  },
  handler: async (request, context) => {
    const { services, client } = context;
    const raw = await request.json();
    if ((raw as { kind?: unknown } | null)?.kind === 'emergency')
      return answerEmergency(request, context, raw);
    const { month } = StartBody.parse(raw);
    const wanted = month ?? monthOfLatestRelease(services.nowUtc());
    const { control, created } = await requestRollout(services, client, wanted, request.by);
    if (!created) throw exists(control.rolloutId);
    forgetFleetView(services);
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
  role: 'reader',
  route: ALL,
  query: {},
  description: {
    summary: 'Every rollout, the latest first.',
    answers: { 200: { about: 'All of them.', schema: z.object({ value: z.array(RolloutSummaryShape) }) } },
  },
  handler: async (_request, { services }) => {
    const rollouts = [...(await services.rollouts.list())].reverse();
    const nowUtc = services.nowUtc();
    const value = await sideBySide(rollouts, async (control) => {
      const halts = control.endedUtc === null ? await services.rollouts.haltsOf(control) : [];
      return summarizeRollout(control, halts, nowUtc);
    });
    return { jsonBody: { value } };
  },
};

const showRollout: OperatorRoute = {
  name: 'showRollout',
  methods: ['GET'],
  role: 'reader',
  route: ONE,
  query: {},
  description: {
    summary: 'One rollout: its state, outcomes, phases with their gates, halts.',
    answers: { 200: { about: 'The rollout.', schema: RolloutShape } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => ({
    jsonBody: await describeRollout(services, rolloutIdIn(request)),
  }),
};

/** A page of VMs with how each of them stands and why, in the order of their keys; `nextLink` leads to the rest. */
const listVirtualMachines: OperatorRoute = {
  name: 'listRolloutVirtualMachines',
  methods: ['GET'],
  role: 'reader',
  route: `${ONE}/virtual-machines`,
  query: { after: AFTER, limit: LIMIT },
  description: {
    summary: 'The outcome of each VM in a rollout, and why: a page of them, in the order of their keys.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(KeptOutcome) } },
    errors: ['NOT_FOUND'],
  },
  handler: pageOf('virtual-machines', ({ outcomes }, id, after, limit) => outcomes.page(id, after, limit)),
};

const AUDIT_LIMIT: typeof LIMIT = {
  about: `Rows a page, at most ${PAGE_MAX}, and so many without it.`,
  schema: LIMIT.schema,
};

/** A page of the rollout's audit (who decided what, why, on what evidence), in the order in which the rows were written. */
const listAudit: OperatorRoute = {
  name: 'listRolloutAudit',
  methods: ['GET'],
  role: 'reader',
  route: `${ONE}/audit`,
  query: { after: AFTER, limit: AUDIT_LIMIT },
  description: {
    summary: `Who decided what in a rollout, why, on what evidence: ${PAGE_MAX} a page without a limit.`,
    answers: { 200: { about: 'A page.', schema: pageOfShape(ChainedRow) } },
    errors: ['NOT_FOUND'],
  },
  handler: pageOf(
    'audit',
    ({ audit }, id, after, limit) => {
      if (after !== '' && !SEQ.test(after))
        throw wrongQuery('after', after, 'the number of a row, as nextLink has it');
      return audit.page(id, after, limit);
    },
    PAGE_MAX,
  ),
};

interface Page {
  readonly value: readonly unknown[];
  readonly next: string | null;
}

/** Answers with one page of a list of a rollout. */
function pageOf(
  list: string,
  read: (services: Services, id: RolloutId, after: string, limit: number) => Promise<Page>,
  limitOtherwise?: number,
): OperatorRoute['handler'] {
  return async (request, { services }) => {
    const id = rolloutIdIn(request);
    if ((await services.rollouts.read(id)) === null) throw notFound(id);
    const { value, next } = await read(
      services,
      id,
      request.query('after') ?? '',
      limitIn(request, limitOtherwise),
    );
    if (next === null) return { jsonBody: { value } };
    const nextLink = nextLinkOf(`/api/rollouts/${id}/${list}`, request, { after: AFTER, limit: LIMIT }, next);
    return { jsonBody: { value, nextLink } };
  };
}

const DECISIONS: Readonly<Record<DecisionKind, string>> = {
  pause: 'Nothing new starts; what is in flight ends.',
  resume: 'A rollout that was paused or halted goes on.',
  skip: 'Gives up what the open halts stopped: a region, a phase or an image family.',
  cancel: 'Nothing new starts, ever; VMs that were not reached end `skipped: rolloutCancelled`.',
};

function decision(kind: DecisionKind): OperatorRoute {
  return {
    name: `${kind}Rollout`,
    methods: ['POST'],
    role: 'operator',
    route: `${ONE}/${kind}`,
    query: {},
    description: {
      summary: DECISIONS[kind],
      body: {
        about: 'Why, and for which part of the rollout; without a scope for the whole.',
        schema: DecisionBody,
      },
      answers: { 200: { about: 'The rollout as it is now.', schema: RolloutShape } },
      errors: ['NOT_FOUND', 'ROLLOUT_ENDED', 'NOTHING_TO_DECIDE', 'DECISION_OVERTAKEN', 'NOT_OWNER'],
    },
    handler: async (request, { services }) => {
      const id = rolloutIdIn(request);
      const { reason, scope, ...seen } = DecisionBody.parse(await request.json());
      const who = { by: request.by, reason };
      try {
        if (scope === undefined) await decideRollout(services, id, kind, who, seen);
        else await decideScope(services, id, kind, scope, who, seen);
      } finally {
        forgetFleetView(services); // also of a decision that was overtaken: it is written down
      }
      return { jsonBody: await describeRollout(services, id) };
    },
  };
}

const takeOverRollout: OperatorRoute = {
  name: 'takeOverRollout',
  methods: ['POST'],
  role: 'operator',
  route: `${ONE}/take-over`,
  query: {},
  description: {
    summary: 'Hands a rollout of another task hub to this host. The other host must have been removed.',
    body: { about: 'Why.', schema: Reason },
    answers: { 200: { about: 'The rollout as it is now.', schema: RolloutShape } },
    errors: ['NOT_FOUND', 'ROLLOUT_ENDED'],
  },
  handler: async (request, { services, client }) => {
    const id = rolloutIdIn(request);
    const { reason } = Reason.parse(await request.json());
    await takeOver(services, client, id, { by: request.by, reason });
    return { jsonBody: await describeRollout(services, id) };
  },
};

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
  takeOverRollout,
];

function exists(rolloutId: RolloutId): LowtideError {
  return new LowtideError('ROLLOUT_EXISTS', {
    what: `${rolloutId} exists already.`,
    why: 'There is one rollout per month; starting it twice has no effect.',
    fix: `See GET /api/rollouts/${rolloutId}.`,
  });
}

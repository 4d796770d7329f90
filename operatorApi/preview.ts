import { z } from 'zod';
import type { Services } from '../activities/services';
import { readPolicyFile } from '../composition/policyFile';
import { Month, rolloutIdOf } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { Policy } from '../domain/policy';
import { monthAfter, monthOfLatestRelease, releaseOf } from '../domain/release';
import { Selector } from '../domain/selector';
import { NAMED_MAX, previewAnswer, turnsOfPreview, type MonthPreview } from '../planning/monthPreview';
import { dayOf, diffTurns, shownDiff, type PlanDiff } from '../planning/previewPlan';
import { previewOf, previewOfFile, wantedOf } from './keptPreviews';
import type { OperatorRoute } from './route';
import { countIn, FROM_THE_FIRST, LIMIT, limitIn, nextLinkOf } from './queryValues';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';
import { PreviewShape } from './shapes/preview';

const QUERY = {
  ...SELECTOR_QUERY,
  month: { about: 'The month of the release; the next without it.', schema: Month },
  against: {
    about: 'What it is compared with: the plan of the month before.',
    schema: z.enum(['previousMonth']),
  },
  limit: LIMIT,
  after: { about: 'So many rows are passed over: as nextLink has it.', schema: z.coerce.number().int() },
};

const showPreview: OperatorRoute = {
  name: 'showPreview',
  methods: ['GET'],
  role: 'reader',
  route: 'api/preview',
  query: QUERY,
  description: {
    summary:
      'What a month will be, with dates: phases, regions, rounds, and each VM, a page of them. Changes nothing.',
    answers: { 200: { about: 'The preview.', schema: PreviewShape } },
  },
  handler: async (request, { services }) => {
    const month = monthIn(request.query('month'), services.nowUtc());
    const made = await previewOf(services, { month, policy: services.policy });
    const diff = request.query('against') === null ? null : await againstMonthBefore(services, made.preview);
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const limit = limitIn(request);
    const wanted = wantedOf(made, selectorOf(request));
    const { body, matchedCount } = previewAnswer(made.preview, wanted, after, limit);
    const next = after + limit;
    const nextLink = next < matchedCount ? nextLinkOf('/api/preview', request, QUERY, next) : null;
    return {
      jsonBody: {
        ...body,
        asOfUtc: made.asOfUtc,
        ...(diff && { diff: shownDiff(diff, NAMED_MAX) }),
        ...(nextLink !== null && { nextLink }),
      },
    };
  },
};

const PreviewBody = z.strictObject({
  month: Month.exactOptional(),
  selector: Selector.default({}),
  policy: z.record(z.string(), z.unknown()).exactOptional(),
  /** As text, over the policy in force. */
  policyFile: z.string().exactOptional(),
  fleet: z.unknown().optional(),
});

const comparePreview: OperatorRoute = {
  name: 'comparePreview',
  methods: ['POST'],
  role: 'reader',
  route: 'api/preview',
  query: {},
  description: {
    summary:
      'What a month would be with another policy or another fleet file, and what moves. Changes nothing.',
    body: {
      about: 'Members of a policy that differ, as such or as a policy file, or a fleet file, or all of them.',
      schema: PreviewBody,
    },
    answers: {
      200: { about: 'The preview, with its difference to what is in force.', schema: PreviewShape },
    },
    errors: ['FLEET_MALFORMED'],
  },
  handler: async (request, { services }) => {
    const body = PreviewBody.parse(await request.json());
    const month = body.month ?? monthIn(null, services.nowUtc());
    const written = body.policyFile === undefined ? {} : readPolicyFile(body.policyFile);
    const policy = policyWith(services.policy, { ...written, ...body.policy });
    const before = await previewOf(services, { month, policy: services.policy });
    const after =
      body.fleet === undefined
        ? await previewOf(services, { month, policy })
        : await previewOfFile(services, { month, policy, fleet: body.fleet });
    const diff = diffTurns(turnsOfPreview(before.preview), turnsOfPreview(after.preview));
    const answer = previewAnswer(after.preview, wantedOf(after, body.selector), 0);
    return { jsonBody: { ...answer.body, asOfUtc: after.asOfUtc, diff: shownDiff(diff, NAMED_MAX) } };
  },
};

async function againstMonthBefore(services: Services, preview: MonthPreview): Promise<PlanDiff> {
  const month = monthAfter(preview.plan.month, -1);
  const releasedUtc = releaseOf(month);
  const before = (await services.plans.allRounds(rolloutIdOf(month))).flatMap(
    ({ phase, vmIds, expectedStartUtc }) =>
      vmIds.map((vmId) => ({ vmId, phase, day: dayOf(releasedUtc, expectedStartUtc) })),
  );
  if (before.length === 0)
    throw new LowtideError('REQUEST_INVALID', {
      what: `There is no plan of ${month} to compare with.`,
      why: 'No rollout of that month was planned here.',
      fix: 'Leave `against` out, or ask for the month after one that was rolled out.',
    });
  return diffTurns(before, turnsOfPreview(preview));
}

/** The policy in force with some members changed. An unknown member is an error: it would be taken for obeyed. */
function policyWith(policy: Policy, changed: Readonly<Record<string, unknown>>): Policy {
  return z.strictObject(Policy.shape).parse({ ...policy, ...changed });
}

function monthIn(written: string | null, nowUtc: string): Month {
  return written === null ? monthAfter(monthOfLatestRelease(nowUtc)) : Month.parse(written);
}

export const previewRoutes: readonly OperatorRoute[] = [showPreview, comparePreview];

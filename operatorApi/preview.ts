import { z } from 'zod';
import type { Services } from '../activities/services';
import { readPolicyFile } from '../composition/policyFile';
import { Month, rolloutIdOf, type RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { Policy } from '../domain/policy';
import { monthAfter, monthOfLatestRelease, releaseOf } from '../domain/release';
import { Selector } from '../domain/selector';
import { PREVIEW_PAGE } from '../planning/monthPreview';
import { dayOf, type Turn } from '../planning/previewPlan';
import type { ListPage } from '../store/listPage';
import type { RoundPlan } from '../store/plans';
import { diffFromTurns, diffOfPolicies, previewOfFile, previewPage } from './keptPreviews';
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
    const asked = { month: monthIn(request.query('month'), services.nowUtc()), policy: services.policy };
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const page = { selector: selectorOf(request), after, take: limitIn(request) };
    const { answer, asOfUtc } = await previewPage(services, asked, page);
    const diff =
      request.query('against') === null
        ? null
        : await diffFromTurns(services, asked, await turnsOfMonthBefore(services, asked.month));
    const next = after + page.take;
    const nextLink = next < answer.matchedCount ? nextLinkOf('/api/preview', request, QUERY, next) : null;
    return {
      jsonBody: {
        ...answer.body,
        asOfUtc,
        ...(diff && { diff }),
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
    const page = { selector: body.selector, after: 0, take: PREVIEW_PAGE };
    if (body.fleet !== undefined) {
      const ofFile = await previewOfFile(services, { month, policy }, body.fleet, page);
      return { jsonBody: { ...ofFile.answer.body, asOfUtc: ofFile.asOfUtc, diff: ofFile.diff } };
    }
    const { answer, asOfUtc } = await previewPage(services, { month, policy }, page);
    const diff = await diffOfPolicies(services, month, policy);
    return { jsonBody: { ...answer.body, asOfUtc, diff } };
  },
};

/** In parts: the turns of a large plan are many. */
async function turnsOfMonthBefore(services: Services, next: Month): Promise<AsyncIterable<readonly Turn[]>> {
  const month = monthAfter(next, -1);
  const pages = roundPages(services, rolloutIdOf(month));
  const first = await pages.next();
  if (first.done === true || first.value.length === 0)
    throw new LowtideError('REQUEST_INVALID', {
      what: `There is no plan of ${month} to compare with.`,
      why: 'No rollout of that month was planned here.',
      fix: 'Leave `against` out, or ask for the month after one that was rolled out.',
    });
  return (async function* () {
    yield turnsOfRounds(first.value, month);
    for await (const rounds of pages) yield turnsOfRounds(rounds, month);
  })();
}

const ROUNDS_TOGETHER = 100;

async function* roundPages(
  { plans }: Services,
  id: RolloutId,
): AsyncGenerator<readonly RoundPlan[], undefined> {
  for (let after: string | null = ''; after !== null;) {
    const page: ListPage<RoundPlan> = await plans.roundsPage(id, after, ROUNDS_TOGETHER);
    yield page.value;
    after = page.next;
  }
}

function turnsOfRounds(rounds: readonly RoundPlan[], month: Month): Turn[] {
  const releasedUtc = releaseOf(month);
  return rounds.flatMap(({ phase, vmIds, expectedStartUtc }) => {
    const day = dayOf(releasedUtc, expectedStartUtc);
    return vmIds.map((vmId) => ({ vmId, phase, day }));
  });
}

/** The policy in force with some members changed. An unknown member is an error: it would be taken for obeyed. */
function policyWith(policy: Policy, changed: Readonly<Record<string, unknown>>): Policy {
  return z.strictObject(Policy.shape).parse({ ...policy, ...changed });
}

function monthIn(written: string | null, nowUtc: string): Month {
  return written === null ? monthAfter(monthOfLatestRelease(nowUtc)) : Month.parse(written);
}

export const previewRoutes: readonly OperatorRoute[] = [showPreview, comparePreview];

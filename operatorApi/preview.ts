import { z } from 'zod';
import type { Services } from '../activities/services';
import { readPolicyFile } from '../composition/policyFile';
import { Month, rolloutIdOf, type VmId } from '../domain/ids';
import { addSeconds, later } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import { Policy } from '../domain/policy';
import { endsUtcOf, monthAfter, monthOfLatestRelease, releaseOf } from '../domain/release';
import { selects, Selector } from '../domain/selector';
import type { VirtualMachine } from '../domain/virtualMachine';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { heldThroughout } from '../planning/heldVms';
import type { Plan } from '../planning/plan';
import { previewBudgets } from '../planning/previewBudgets';
import { planRollout } from '../planning/planRollout';
import {
  dayOf,
  diffTurns,
  finishOf,
  previewRows,
  sharesOf,
  turnsOf,
  type PlanDiff,
  type PreviewRow,
} from '../planning/previewPlan';
import { fleetView } from './fleetView';
import type { OperatorRoute } from './route';
import { countIn, FROM_THE_FIRST, nextLinkOf } from './queryValues';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';
import { PreviewShape } from './shapes/preview';

/** Rows a page, and so many are named of what is late, moved, added or removed; the rest is counted. */
const PAGE_SIZE = 500;
const NAMED_MAX = 100;

const QUERY = {
  ...SELECTOR_QUERY,
  month: { about: 'The month of the release; the next without it.', schema: Month },
  against: {
    about: 'What it is compared with: the plan of the month before.',
    schema: z.enum(['previousMonth']),
  },
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
      'What a month will be, with dates: phases, regions, rounds, and each VM; 500 VMs a page. Changes nothing.',
    answers: { 200: { about: 'The preview.', schema: PreviewShape } },
  },
  handler: async (request, { services }) => {
    const month = monthIn(request.query('month'), services.nowUtc());
    const made = await previewOf(services, { month, policy: services.policy, vms: null });
    const diff = request.query('against') === null ? null : await againstMonthBefore(services, made);
    const after = countIn(request, 'after', FROM_THE_FIRST);
    const { body, matched } = answerOf(made, selectorOf(request), services.policy, after);
    const nextLink =
      after + PAGE_SIZE < matched ? nextLinkOf('/api/preview', request, QUERY, after + PAGE_SIZE) : null;
    return {
      jsonBody: { ...body, ...(diff && { diff: shownDiff(diff) }), ...(nextLink !== null && { nextLink }) },
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
    const vms = body.fleet === undefined ? null : parseFleet(JSON.stringify(body.fleet), 'the fleet').vms;
    const before = await previewOf(services, { month, policy: services.policy, vms: null });
    const after = await previewOf(services, { month, policy, vms });
    const { releasedUtc } = after.plan;
    const diff = diffTurns(turnsOf(before.rows, releasedUtc), turnsOf(after.rows, releasedUtc));
    return { jsonBody: { ...answerOf(after, body.selector, policy, 0).body, diff: shownDiff(diff) } };
  },
};

interface Previewed {
  readonly plan: Plan;
  readonly rows: readonly PreviewRow[];
  readonly vms: ReadonlyMap<VmId, VirtualMachine>;
  readonly asOfUtc: string;
}

/** As the rollout of the month would plan it now, or at its release: the same planner, policy, seed and freezes. */
export async function previewOf(
  services: Services,
  {
    month,
    policy,
    vms: given,
  }: { readonly month: Month; readonly policy: Policy; readonly vms: readonly VirtualMachine[] | null },
): Promise<Previewed> {
  const view = await fleetView(services);
  const vms = given ?? view.vms.map(({ vm }) => vm);
  const freezes = await services.freezes.list();
  const nowUtc = later(releaseOf(month), services.nowUtc());
  const endsUtc = endsUtcOf(month, policy);
  const held = heldThroughout(vms, freezes, policy, { nowUtc, endsUtc });
  const plan = planRollout({ vms, month, policy, seed: month, nowUtc, held });
  const byId = new Map(vms.map((vm) => [vm.id, vm]));
  return { plan, rows: previewRows(plan, byId, freezes, policy), vms: byId, asOfUtc: view.asOfUtc };
}

async function againstMonthBefore(services: Services, { plan, rows }: Previewed): Promise<PlanDiff> {
  const month = monthAfter(plan.month, -1);
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
  return diffTurns(before, turnsOf(rows, plan.releasedUtc));
}

function answerOf(
  { plan, rows, vms, asOfUtc }: Previewed,
  selector: Selector,
  policy: Policy,
  after: number,
): { readonly body: Record<string, unknown>; readonly matched: number } {
  const isWanted = (id: VmId): boolean => {
    const vm = vms.get(id);
    return vm !== undefined && selects(selector, vm);
  };
  const matched = rows.filter(({ vmId }) => isWanted(vmId));
  const ids = new Set(matched.map(({ vmId }) => vmId));
  const countIn = (vmIds: readonly VmId[]): number => vmIds.filter((id) => ids.has(id)).length;
  const late = plan.late.filter(({ vmId }) => ids.has(vmId));
  const ineligible = plan.ineligible.filter(({ vmId }) => isWanted(vmId));
  const body = {
    month: plan.month,
    asOfUtc,
    releasedUtc: plan.releasedUtc,
    endsUtc: plan.endsUtc,
    targetUtc: addSeconds(plan.releasedUtc, policy.forecastTargetDays * 86_400),
    vmCount: plan.vmCount,
    matchedCount: matched.length,
    finish: finishOf(matched),
    phases: plan.phases.map(({ phase, ring, vmCount, expectedStartUtc, expectedEndUtc, regions }) => ({
      phase: `phase-${phase}`,
      ring: ring ?? null,
      vmCount,
      matchedCount: regions.reduce((sum, region) => sum + countIn(idsOf(region)), 0),
      expectedStartUtc,
      expectedEndUtc,
      regions: regions.map((region) => ({
        region: region.region,
        vmCount: region.vmCount,
        matchedCount: countIn(idsOf(region)),
        roundCount: region.stages.flatMap(({ groups }) => groups.flatMap(({ rounds }) => rounds)).length,
        expectedStartUtc: region.expectedStartUtc,
        expectedEndUtc: region.expectedEndUtc,
      })),
    })),
    budgets: previewBudgets(plan, policy, vms),
    shares: sharesOf(plan, policy, ids).slice(0, NAMED_MAX),
    late: { count: late.length, value: late.slice(0, NAMED_MAX) },
    heldCount: matched.filter(({ heldUntilUtc }) => heldUntilUtc !== null).length,
    ineligible: countsOf(ineligible.map(({ reason }) => reason)),
    value: matched.slice(after, after + PAGE_SIZE),
  };
  return { body, matched: matched.length };
}

const idsOf = ({ stages }: Plan['phases'][number]['regions'][number]): VmId[] =>
  stages.flatMap(({ groups }) => groups.flatMap(({ rounds }) => rounds.flatMap(({ vmIds }) => vmIds)));

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function shownDiff({ added, removed, moved }: PlanDiff): Record<string, unknown> {
  return {
    addedCount: added.length,
    removedCount: removed.length,
    movedCount: moved.length,
    added: added.slice(0, NAMED_MAX),
    removed: removed.slice(0, NAMED_MAX),
    moved: moved.slice(0, NAMED_MAX),
  };
}

/** The policy in force with some members changed. An unknown member is an error: it would be taken for obeyed. */
function policyWith(policy: Policy, changed: Readonly<Record<string, unknown>>): Policy {
  return z.strictObject(Policy.shape).parse({ ...policy, ...changed });
}

function monthIn(written: string | null, nowUtc: string): Month {
  return written === null ? monthAfter(monthOfLatestRelease(nowUtc)) : Month.parse(written);
}

export const previewRoutes: readonly OperatorRoute[] = [showPreview, comparePreview];

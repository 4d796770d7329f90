import { z } from 'zod';
import { saveBudgetSizes } from '../activities/budgets/budgetShares';
import type { Services } from '../activities/services';
import { deploymentPolicy, policyWasApplied } from '../composition/compose';
import { readPolicyFile } from '../composition/policyFile';
import { changesBetween, writtenMembers, type PolicyMembers } from '../composition/policyMembers';
import { policyFileSchema } from '../composition/policySchema';
import { RolloutId, Utc, VmId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { Policy } from '../domain/policy';
import { monthAfter, monthOfLatestRelease } from '../domain/release';
import { decodeText } from '../drivers/fleet/decodeText';
import { VERSION_MAX, type PolicyVersion } from '../store/policies';
import { fleetView, forgetFleetView, type FleetView } from './fleetView';
import { diffOfPolicies } from './keptPreviews';
import { countIn, LIMIT, limitIn, nextLinkOf, reasonIn } from './queryValues';
import { ChangedRule, changedRules } from './policyRules';
import type { OperatorRoute } from './route';
import { AFTER, named, pageOfShape } from './shapes/shared';

const PATH = 'api/policy';
const FILE = {
  about: 'A policy file: YAML, or JSON; GET /api/policy/schema is its JSON Schema.',
  contentTypes: ['application/yaml', 'application/json'],
};

const Members = z.record(z.string(), z.unknown());

const Version = named(
  'PolicyVersion',
  z.object({
    version: z.number().int(),
    appliedUtc: Utc,
    appliedBy: z.string(),
    reason: z.string(),
    text: z.string(),
  }),
  'A policy that was applied, as it was written.',
);

const PolicyShape = named(
  'Policy',
  z.object({
    /** 0 while none was applied. */
    version: z.number().int(),
    applied: Version.nullable(),
    /** What the applied file sets, and all that is in force. */
    sets: Members,
    inForce: Members,
  }),
  'The policy in force: the settings of the deployment, with what the applied file sets over them.',
);

function shownVersion({
  version,
  appliedUtc,
  appliedBy,
  reason,
  text,
}: PolicyVersion): z.input<typeof Version> {
  return { version, appliedUtc, appliedBy, reason, text };
}

const showPolicy: OperatorRoute = {
  name: 'showPolicy',
  methods: ['GET'],
  role: 'reader',
  route: PATH,
  query: {},
  description: {
    summary: 'The policy in force, and the file that set it.',
    answers: { 200: { about: 'The policy.', schema: PolicyShape } },
  },
  handler: async (_request, { services }) => ({ jsonBody: await shown(services, services.policy) }),
};

async function shown(services: Services, policy: Policy): Promise<z.input<typeof PolicyShape>> {
  const current = await services.policies.current();
  return {
    version: current?.version ?? 0,
    applied: current === null ? null : shownVersion(current),
    sets: current === null ? {} : writtenMembers(current.members),
    inForce: writtenMembers(policy),
  };
}

const applyPolicy: OperatorRoute = {
  name: 'applyPolicy',
  methods: ['PUT'],
  role: 'operator',
  route: PATH,
  query: {
    reason: { about: 'Why: it goes into the audit.', schema: z.string().min(1), isRequired: true },
    version: {
      about: 'The version that is being replaced: refused when another was applied since.',
      schema: z.coerce.number().int(),
    },
  },
  description: {
    summary:
      'Applies a policy file: what it sets holds within seconds, what it leaves out is of the deployment again.',
    body: FILE,
    answers: { 200: { about: 'The policy in force.', schema: PolicyShape } },
  },
  handler: async (request, { services }) => {
    const reason = reasonIn(request) ?? '';
    if (reason === '') throw noReason();
    const text = decodeText(await request.bytes(), 'the policy file');
    const members = readPolicyFile(text);
    const before = await services.policies.current();
    const expected = request.query('version');
    if (expected !== null && Number(expected) !== (before?.version ?? 0)) throw changedSince(before);
    const version: PolicyVersion = {
      version: (before?.version ?? 0) + 1,
      appliedUtc: services.nowUtc(),
      appliedBy: request.by,
      reason,
      text,
      members: { ...members },
    };
    const after = inForceWith(services, members);
    const isMine = await services.policies.apply(version, (applied) => writeDown(services, applied));
    if (!isMine) throw changedSince(await services.policies.current());
    if (JSON.stringify(after.budgets) !== JSON.stringify(services.policy.budgets))
      await saveBudgetSizes(services, after, await services.inventory.list());
    await policyWasApplied();
    forgetFleetView(services);
    return { jsonBody: await shown(services, after) };
  },
};

const Diff = z.object({
  changes: z.array(
    z.object({
      member: z.string(),
      before: z.unknown(),
      after: z.unknown(),
      touches: z.enum(['running', 'next']),
    }),
  ),
  /** Whether a rollout that runs is touched. */
  touchesRunning: z.boolean(),
  /** The monthly rollout that runs, and how many of its VMs have no outcome yet: those meet what touches it. */
  running: z.object({ rolloutId: RolloutId, toComeCount: z.number().int() }).nullable(),
  /** Rules by name, with the VMs that each is for. */
  rules: z.array(ChangedRule),
  /** What it moves in the next month. */
  effect: z.object({
    month: z.string(),
    movedCount: z.number().int(),
    addedCount: z.number().int(),
    removedCount: z.number().int(),
    /** VMs that take part with it and did not before, and the other way round; the first 100 of each are named, and of those that move. */
    added: z.array(VmId),
    removed: z.array(VmId),
    moved: z.array(
      z.object({
        vmId: VmId,
        before: z.object({ phase: z.string(), day: z.number() }),
        after: z.object({ phase: z.string(), day: z.number() }),
      }),
    ),
  }),
});

const diffPolicy: OperatorRoute = {
  name: 'diffPolicy',
  methods: ['POST'],
  role: 'reader',
  route: `${PATH}/diff`,
  query: {},
  description: {
    summary: 'What a policy file would change, and for which VMs of the next month. Changes nothing.',
    body: FILE,
    answers: { 200: { about: 'The difference to the policy in force.', schema: Diff } },
  },
  handler: async (request, { services }) => {
    const members = readPolicyFile(decodeText(await request.bytes(), 'the policy file'));
    const policy = inForceWith(services, members);
    const changes = changesBetween(services.policy, policy);
    const month = monthAfter(monthOfLatestRelease(services.nowUtc()));
    const effect = await diffOfPolicies(services, month, policy);
    const view = await fleetView(services);
    const isRunning = (await services.rollouts.list()).some(({ endedUtc }) => endedUtc === null);
    return {
      jsonBody: {
        changes,
        touchesRunning: isRunning && changes.some(({ touches }) => touches === 'running'),
        running: runningIn(view),
        rules: [...(await changedRules(services.policy, policy, view))],
        effect: { month, ...effect },
      },
    };
  },
};

const VERSIONS_QUERY = { after: AFTER, limit: LIMIT };

const listVersions: OperatorRoute = {
  name: 'listPolicyVersions',
  methods: ['GET'],
  role: 'reader',
  route: `${PATH}/versions`,
  query: VERSIONS_QUERY,
  description: {
    summary: 'The policies that were applied, the latest first; 100 a page without a limit.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(Version) } },
  },
  handler: async (request, { services }) => {
    const limit = limitIn(request);
    const before = countIn(request, 'after', { otherwise: 0, min: 1, max: VERSION_MAX });
    // One more shows whether another page follows.
    const found = await services.policies.versions(before === 0 ? null : before, limit + 1);
    const value = found.slice(0, limit).map(shownVersion);
    const last = value.at(-1);
    if (found.length <= limit || last === undefined) return { jsonBody: { value } };
    const nextLink = nextLinkOf(`/${PATH}/versions`, request, VERSIONS_QUERY, last.version);
    return { jsonBody: { value, nextLink } };
  },
};

const showSchema: OperatorRoute = {
  name: 'showPolicySchema',
  methods: ['GET'],
  role: null,
  route: `${PATH}/schema`,
  query: {},
  description: {
    summary: 'The JSON Schema of a policy file; `x-touches` says which rollout a change is for.',
    answers: { 200: { about: 'JSON Schema 2020-12.', schema: z.looseObject({ title: z.string() }) } },
  },
  handler: () => Promise.resolve({ jsonBody: policyFileSchema() }),
};

function runningIn({ control, vms }: FleetView): z.input<typeof Diff>['running'] {
  if (control?.endedUtc !== null) return null;
  const toComeCount = vms.filter(({ place, outcome }) => place !== null && outcome === null).length;
  return { rolloutId: control.rolloutId, toComeCount };
}

/** Before it is in force: what a rollout obeys is never without its reason in the audit. */
async function writeDown(services: Services, applied: PolicyVersion): Promise<void> {
  const { version, appliedUtc, appliedBy, reason, members } = applied;
  await services.audit.append('operator', `policy~${version}~${appliedUtc}`, {
    atUtc: appliedUtc,
    who: appliedBy,
    what: 'policyApplied',
    subject: `policy ${version}`,
    vmId: null,
    why: reason,
    evidence: { changes: changesBetween(services.policy, inForceWith(services, members)) },
  });
}

/** What would be in force: what the file leaves out is of the deployment. */
function inForceWith(services: Services, members: PolicyMembers | PolicyVersion['members']): Policy {
  return Policy.parse({ ...deploymentPolicy(services), ...members });
}

function noReason(): LowtideError {
  return new LowtideError('REQUEST_INVALID', {
    what: 'The policy was not applied: there is no reason.',
    why: 'The audit records why a policy changes.',
    fix: 'Give it: PUT /api/policy?reason=…',
  });
}

function changedSince(current: PolicyVersion | null): LowtideError {
  return new LowtideError('REQUEST_INVALID', {
    what: 'Another policy was applied meanwhile.',
    why: `Version ${current?.version ?? 0} is in force, of ${current?.appliedBy ?? 'the deployment'}.`,
    fix: 'Read it (GET /api/policy), and apply your change to it.',
  });
}

export const policyRoutes: readonly OperatorRoute[] = [
  showPolicy,
  applyPolicy,
  diffPolicy,
  listVersions,
  showSchema,
];

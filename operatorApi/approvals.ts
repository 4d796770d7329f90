import type { z } from 'zod';
import {
  lapsesUtc,
  neededApprovals,
  waitsForApprover,
  type Approval,
  type NeededApproval,
} from '../domain/approvals';
import { approvalFacts } from '../activities/rollout/control';
import type { Services, WakingServices } from '../activities/services';
import { isOfCaller, type Caller } from '../composition/caller';
import { wakeWaits } from '../activities/rollout/wake';
import type { RolloutId } from '../domain/ids';
import type { RolloutControl } from '../domain/control';
import { LowtideError } from '../domain/lowtideError';
import { PhaseId } from '../domain/phaseId';
import { describeRollout } from './describeRollout';
import { forgetFleetView } from './fleetView';
import { openRollout } from './openRollout';
import { rolloutIdIn } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { RolloutShape } from './shapes/rollout';
import { Reason } from './shapes/shared';

/** Who says it: `id` never changes for one person, and without sign-in it is the same for all. */
interface Approver {
  readonly by: string;
  readonly id: string;
  readonly reason: string;
}

const WITHOUT_SIGN_IN = 'loopback';

/** Lets a phase start that waits for an approval, or will. Whoever asked for the rollout does not approve it. */
export async function approve(
  services: WakingServices,
  id: RolloutId,
  wanted: PhaseId | undefined,
  { by, id: callerId, reason }: Approver,
): Promise<void> {
  const control = await openRollout(services, id);
  if (hasRequested(control, { name: by, id: callerId }))
    throw new LowtideError('FORBIDDEN', {
      what: `${by} may not approve ${id}.`,
      why: `${by} requested it: another person must approve it.`,
      fix: 'Have another approver look at it.',
    });
  const atUtc = services.nowUtc();
  const needed = await neededNow(services, id);
  const open = firstOpen(needed, wanted);
  if (open === undefined) throw nothingToSay(id, wanted, needed, 'approve');
  await services.audit.appendNew(id, `${atUtc}~approved~${open.phase}`, {
    atUtc,
    who: by,
    what: 'approved',
    subject: open.phase,
    vmId: null,
    why: reason,
    evidence: { rule: open.rule, signedIn: callerId !== WITHOUT_SIGN_IN },
  });
  const untilUtc = lapsesUtc(atUtc, open.validHours);
  const approval: Approval = { phase: open.phase, by, reason, atUtc, untilUtc, withdrawn: null };
  if (!(await services.rollouts.saveApproval(id, approval, open.approval)))
    throw await refusedMeanwhile(services, id, approval);
  await wakeWaits(services, id, null);
}

/** Takes an approval back: nothing new starts in its phase, also when the phase has begun. The row first: the audit never says it too early. */
export async function withdrawApproval(
  services: WakingServices,
  id: RolloutId,
  wanted: PhaseId,
  { by, reason }: Approver,
): Promise<void> {
  await openRollout(services, id);
  const atUtc = services.nowUtc();
  const needed = await neededNow(services, id);
  const standing = needed.find(({ phase, state }) => phase === wanted && STANDING.has(state));
  if (!standing?.approval) throw nothingToSay(id, wanted, needed, 'withdraw');
  const withdrawn: Approval = { ...standing.approval, withdrawn: { by, reason, atUtc } };
  if (!(await services.rollouts.saveApproval(id, withdrawn, standing.approval)))
    throw decidedMeanwhile(id, wanted);
  await services.audit.appendNew(id, `${atUtc}~approvalWithdrawn~${wanted}`, {
    atUtc,
    who: by,
    what: 'approvalWithdrawn',
    subject: wanted,
    vmId: null,
    why: reason,
    evidence: { approvedBy: standing.approval.by },
  });
  await wakeWaits(services, id, null);
}

/** Says no, with a reason: the phase goes on waiting, until an approver approves it after all, or an operator gives it up. */
export async function reject(
  services: Services,
  id: RolloutId,
  wanted: PhaseId | undefined,
  { by, reason, id: callerId }: Approver,
): Promise<void> {
  await openRollout(services, id);
  const atUtc = services.nowUtc();
  const needed = await neededNow(services, id);
  const open = firstOpen(needed, wanted);
  if (open === undefined || open.state === 'rejected') throw nothingToSay(id, wanted, needed, 'reject');
  const said = { phase: open.phase, by, reason, atUtc, untilUtc: atUtc, withdrawn: null, rejected: true };
  if (!(await services.rollouts.saveApproval(id, said, open.approval)))
    throw decidedMeanwhile(id, open.phase);
  await services.audit.appendNew(id, `${atUtc}~approvalRejected~${open.phase}`, {
    atUtc,
    who: by,
    what: 'approvalRejected',
    subject: open.phase,
    vmId: null,
    why: reason,
    evidence: { rule: open.rule, signedIn: callerId !== WITHOUT_SIGN_IN },
  });
}

/** Another person then has to approve it. Without sign-in all callers are one, and none is taken for whoever requested it. */
export function hasRequested(
  { requestedBy }: Pick<RolloutControl, 'requestedBy'>,
  caller: Pick<Caller, 'name' | 'id'>,
): boolean {
  return caller.id !== WITHOUT_SIGN_IN && isOfCaller(requestedBy, caller);
}

const STANDING: ReadonlySet<NeededApproval['state']> = new Set(['approved', 'used']);

const firstOpen = (
  needed: readonly NeededApproval[],
  wanted: PhaseId | undefined,
): NeededApproval | undefined =>
  needed.find((one) => waitsForApprover(one) && (wanted === undefined || one.phase === wanted));

async function neededNow(services: Services, id: RolloutId): Promise<readonly NeededApproval[]> {
  const facts = await approvalFacts(services, id);
  return facts === undefined ? [] : neededApprovals(facts, services.nowUtc());
}

/** The audit says of an approval that it was given before it stands: where another word was faster, it says that, too. */
async function refusedMeanwhile(
  services: Services,
  id: RolloutId,
  { phase, by }: Approval,
): Promise<LowtideError> {
  const standing = (await services.rollouts.approvals(id)).find((one) => one.phase === phase);
  if (standing !== undefined && (standing.rejected === true || standing.withdrawn !== null)) {
    const what = standing.withdrawn === null ? 'approvalRejected' : 'approvalWithdrawn';
    const atUtc = services.nowUtc();
    await services.audit.appendNew(id, `${atUtc}~${what}~${phase}~stands`, {
      atUtc,
      who: 'lowtide',
      what,
      subject: phase,
      vmId: null,
      why: `${(standing.withdrawn ?? standing).by} said so while ${by} approved: it stands.`,
      evidence: { approvedBy: by },
    });
  }
  return decidedMeanwhile(id, phase);
}

function decidedMeanwhile(id: RolloutId, phase: PhaseId): LowtideError {
  return new LowtideError('NOTHING_TO_DECIDE', {
    what: `${phase} of ${id} was decided by another person at the same moment.`,
    why: 'What you decided was not about that.',
    fix: `See \`approvals\` of GET /api/rollouts/${id}, and decide again if need be.`,
  });
}

function nothingToSay(
  id: RolloutId,
  wanted: PhaseId | undefined,
  needed: readonly NeededApproval[],
  what: 'approve' | 'reject' | 'withdraw',
): LowtideError {
  const states = needed.map(({ phase, state }) => `${phase} ${IN_WORDS[state]}`).join(', ');
  return new LowtideError('NOTHING_TO_DECIDE', {
    what: `There is nothing to ${what} in ${wanted ?? id}.`,
    why: states === '' ? 'The policy needs no approval.' : `Of what needs an approval, ${states}.`,
    fix: `See \`approvals\` of GET /api/rollouts/${id}.`,
  });
}

const IN_WORDS: Readonly<Record<NeededApproval['state'], string>> = {
  pending: 'waits for one',
  approved: 'is approved and has not begun',
  used: 'was approved and has begun',
  lapsed: 'had one that lapsed',
  withdrawn: 'had one that was withdrawn',
  rejected: 'was rejected',
  notNeeded: 'had begun before the policy asked for one',
};

const ApproveBody = Reason.extend({ phase: PhaseId.exactOptional() });
const WithdrawBody = Reason.extend({ phase: PhaseId });
const ERRORS = ['NOT_FOUND', 'ROLLOUT_ENDED', 'NOTHING_TO_DECIDE', 'NOT_OWNER'] as const;
const ROLLOUT = { 200: { about: 'The rollout as it is now.', schema: RolloutShape } };

const approveRollout: OperatorRoute = {
  name: 'approveRollout',
  methods: ['POST'],
  role: 'approver',
  route: 'api/rollouts/{id}/approve',
  query: {},
  description: {
    summary: 'Approves a phase that needs an approval; not for the person who requested the rollout.',
    body: { about: 'Why, and which phase; without one the first that waits.', schema: ApproveBody },
    answers: ROLLOUT,
    errors: [...ERRORS, 'FORBIDDEN'],
  },
  handler: deciding(ApproveBody, (services, id, { phase }, approver) =>
    approve(services, id, phase, approver),
  ),
};

const rejectRollout: OperatorRoute = {
  name: 'rejectApproval',
  methods: ['POST'],
  role: 'approver',
  route: 'api/rollouts/{id}/reject',
  query: {},
  description: {
    summary: 'Refuses a phase that waits for an approval, with a reason: it keeps waiting.',
    body: { about: 'Why, and which phase; without one the first that waits.', schema: ApproveBody },
    answers: ROLLOUT,
    errors: ERRORS,
  },
  handler: deciding(ApproveBody, (services, id, { phase }, approver) =>
    reject(services, id, phase, approver),
  ),
};

const withdrawRollout: OperatorRoute = {
  name: 'withdrawApproval',
  methods: ['POST'],
  role: 'approver',
  route: 'api/rollouts/{id}/withdraw',
  query: {},
  description: {
    summary: 'Takes an approval back: nothing new starts in its phase until it is approved again.',
    body: { about: 'Why, and of which phase.', schema: WithdrawBody },
    answers: ROLLOUT,
    errors: ERRORS,
  },
  handler: deciding(WithdrawBody, (services, id, { phase }, approver) =>
    withdrawApproval(services, id, phase, approver),
  ),
};

export const approvalRoutes: readonly OperatorRoute[] = [approveRollout, rejectRollout, withdrawRollout];

/** What is asked takes effect in the name of its caller; the answer is the rollout as it then stands. */
function deciding<Body extends z.infer<typeof ApproveBody>>(
  body: z.ZodType<Body>,
  decide: (services: WakingServices, id: RolloutId, body: Body, approver: Approver) => Promise<void>,
): OperatorRoute['handler'] {
  return async (request, { services }) => {
    const id = rolloutIdIn(request);
    const asked = body.parse(await request.json());
    await decide(services, id, asked, { by: request.by, id: request.caller.id, reason: asked.reason });
    forgetFleetView(services);
    return { jsonBody: await describeRollout(services, id) };
  };
}

import type { ApprovalFacts } from '../../domain/approvals';
import { controlFor, type Control, type ControlledPlace, type RolloutControl } from '../../domain/control';
import type { RolloutId } from '../../domain/ids';
import { LowtideError } from '../../domain/lowtideError';
import { servicesOf, type Services } from '../services';

/** The rollout's row, which must exist: an orchestration runs only after it was written. */
export async function rolloutOf(services: Services, rolloutId: RolloutId): Promise<RolloutControl> {
  return ownRollout(services, rolloutId, await services.rollouts.read(rolloutId));
}

/** The row as it was read: throws when it is not there, or of another task hub. */
export function ownRollout(
  services: Services,
  rolloutId: RolloutId,
  control: RolloutControl | null,
): RolloutControl {
  if (control && !isForeign(control, services.hub)) return control;
  if (control) throw foreignRollout(control, services.hub);
  throw new LowtideError('NOT_FOUND', {
    what: `There is no rollout ${rolloutId}.`,
    why: 'Its row is missing, although its orchestration runs.',
    fix: 'Was the table `lowtideRollouts` deleted or restored from an older copy? Start the rollout again.',
  });
}

/** A rollout that the host of another task hub runs. Where a hub is not known, nothing is concluded. */
export function isForeign({ hub }: Pick<RolloutControl, 'hub'>, ownHub: string | undefined): boolean {
  return ownHub !== undefined && hub !== undefined && hub !== null && hub !== ownHub;
}

export function foreignRollout(
  { rolloutId, hub }: Pick<RolloutControl, 'rolloutId' | 'hub'>,
  ownHub: string | undefined,
): LowtideError {
  return new LowtideError('NOT_OWNER', {
    what: `${rolloutId} belongs to the task hub ${hub ?? ''}, and this host is of ${ownHub ?? 'none'}.`,
    why: 'Two hosts that run one rollout, each with its own disruption ledger, could disrupt VMs that must not be down together.',
    fix: `Ask the host of ${hub ?? ''}; or stop it for good, and POST /api/rollouts/${rolloutId}/take-over here.`,
  });
}

/** May something new start here now? Read afresh each time: the row is the only truth. */
export async function askControl(services: Services, where: Where): Promise<Control> {
  const controlOf = await controlReader(services, where.rolloutId);
  return controlOf(where);
}

type Where = ControlledPlace & { readonly rolloutId: RolloutId };

/** The same for several questions about one VM at once: the rows are read once, and each question is answered from them. */
export async function controlReader(
  services: Services,
  rolloutId: RolloutId,
): Promise<(where: ControlledPlace) => Control> {
  const [control, approvals] = await Promise.all([
    rolloutOf(services, rolloutId),
    approvalFacts(services, rolloutId),
  ]);
  const halts = await services.rollouts.haltsOf(control);
  return (where) => controlFor(control, halts, where, services.nowUtc(), approvals);
}

/** What the policy in force asks approvals for, and those that were given. Where it asks for none, nothing is read. */
export async function approvalFacts(
  services: Services,
  rolloutId: RolloutId,
): Promise<ApprovalFacts | undefined> {
  const { policy, rollouts } = await servicesOf(services, rolloutId);
  const rules = policy.approvals;
  if (rules.length === 0) return undefined;
  const [phases, given] = await Promise.all([rollouts.phases(rolloutId), rollouts.approvals(rolloutId)]);
  return { rules, phases, given };
}

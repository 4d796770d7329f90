import type { RolloutControl } from '../../domain/control';
import { eligibilityHolds } from '../../domain/eligibility';
import { keyOf } from '../../domain/ids';
import type { MovedVm } from '../../domain/inventoryChanges';
import { outcomeOf } from '../../domain/outcome';
import { NO_PHASE } from '../../domain/phaseId';
import { because } from '../../domain/reasons';
import { pairComponent } from '../../domain/regions';
import { isOpenTo, phaseOf } from '../rollout/joinRollout';
import type { LedgerSet, PendingSet } from '../../store/inventory';
import type { Services } from '../services';
import { isTimeUp } from '../sideBySide';
import { addSecondChances } from '../rollout/saveOutcomes';

/**
 * A VM that was moved to another resource group or subscription is the same VM: what people said of it (freezes, exclusions, scopes of a
 * rollout), how it stands in the open rollouts and its last installation follow it to its new id. In a rollout in which it had no turn yet it
 * takes its turn with the second chances. Repeating it changes nothing. Returns those that it followed in the time that a call has.
 */
export async function followMoved(
  services: Services,
  moved: readonly MovedVm[],
): Promise<readonly MovedVm[]> {
  if (moved.length === 0) return moved;
  const startedUtc = services.nowUtc();
  const open = (await services.rollouts.list()).filter((control) => isOpenTo(services, control));
  for (const [n, move] of moved.entries()) {
    if (n > 0 && isTimeUp(services, startedUtc)) return moved.slice(0, n);
    await moveFreezes(services, move);
    for (const control of open) {
      await moveScopes(services, control, move);
      await moveOutcome(services, control, move);
    }
    await moveOperation(services, move);
    await services.inventory.saveMove(move.from.id, move.to.id);
    await writeDown(services, move);
  }
  return moved;
}

async function moveFreezes({ freezes }: Services, { from, to }: MovedVm): Promise<void> {
  for (const { kind, id, selector } of await freezes.list())
    if (selector.vm === from.id)
      await freezes.update(kind, id, (now) =>
        now.selector.vm === from.id ? { ...now, selector: { ...now.selector, vm: to.id } } : null,
      );
}

/** What a person paused, skipped or gave up of the VM. The row of the old id stays: it harms nothing. */
async function moveScopes(
  { rollouts }: Services,
  { rolloutId }: RolloutControl,
  { from, to }: MovedVm,
): Promise<void> {
  for (const halt of await rollouts.halts(rolloutId)) {
    const { asked, haltId } = halt;
    if (asked === undefined || !('vm' in asked) || asked.vm !== from.id) continue;
    await rollouts.addHalt(rolloutId, {
      ...halt,
      haltId: `${haltId}~${keyOf(to.id)}`,
      asked: { vm: to.id },
    });
  }
}

async function moveOutcome(
  services: Services,
  { rolloutId }: RolloutControl,
  { from, to }: MovedVm,
): Promise<void> {
  const [hold, ...others] = eligibilityHolds(to, services.policy);
  const phase = hold === undefined ? phaseOf(await services.rollouts.phases(rolloutId), to) : NO_PHASE;
  const first = hold ?? because('moved', { from: from.armId });
  const stands = await services.outcomes.move(rolloutId, from.id, {
    ...outcomeOf(to.id, services.nowUtc(), first, others),
    phase,
    region: to.region,
    installation: null,
  });
  if (stands?.waits === true) await addSecondChances(services, rolloutId, [stands]);
}

/** So that an installation which Lowtide began is known from another. */
async function moveOperation({ operations }: Services, { from, to }: MovedVm): Promise<void> {
  const last = await operations.read(from.region, from.id);
  if (last === null || (await operations.read(to.region, to.id)) !== null) return;
  await operations.put({ ...last.operation, vmId: to.id, region: to.region }, null);
}

async function writeDown(services: Services, { from, to }: MovedVm): Promise<void> {
  const atUtc = services.nowUtc();
  await services.audit.append('inventory', `${atUtc.slice(0, 10)}~moved~${keyOf(to.id)}`, {
    atUtc,
    who: 'lowtide',
    what: 'vmMoved',
    subject: to.armId,
    vmId: to.id,
    why: `It was ${from.armId} until it was moved.`,
    evidence: { from: from.id },
  });
}

/** Before the inventory knows the VMs by their new ids: a call that is repeated does not find them moved any more. */
export async function noteMovedSets(services: Services, moved: readonly MovedVm[]): Promise<void> {
  const sets = movedSets(moved);
  if (sets.length > 0) await services.inventory.noteMovedSets(sets, services.nowUtc());
}

/** Sets that one answer names: with the longest ids there are they make less than 16 KB. */
const SETS_AN_ANSWER_MAX = 20;

/** What the sweep is to follow in the ledgers next, once it has followed these; and how many there are in all. */
export async function setsToFollow(
  { inventory }: Services,
  followed: readonly string[],
): Promise<{ readonly sets: readonly PendingSet[]; readonly count: number }> {
  if (followed.length > 0) await inventory.forgetMovedSets(followed);
  const pending = await inventory.movedSets();
  return { sets: pending.slice(0, SETS_AN_ANSWER_MAX), count: pending.length };
}

/** The sets that these VMs were moved with, each once. */
export function movedSets(moved: readonly MovedVm[]): LedgerSet[] {
  const sets = new Map<string, LedgerSet>();
  for (const { from, to } of moved) {
    const [before, after] = [from.availabilitySetId, to.availabilitySetId];
    if (before === null || after === null || before === after) continue;
    sets.set(before, { from: before, to: after, ledger: pairComponent(to.region) });
  }
  return [...sets.values()];
}
